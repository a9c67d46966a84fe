# shellcheck shell=bash
# Sourced by viewer/demo.sh and tests/run.sh: installs what is missing, configures and builds.
# Debian 12 and its relatives; elsewhere it says which packages to install by hand.

# Compiled files are found again from another checkout of the same sources.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

say() { printf '\033[1m== %s\033[0m\n' "$*"; }

# What building and running needs.
build_packages=(
  g++ cmake ninja-build ccache pkg-config glslc
  libvulkan-dev libvulkan1 mesa-vulkan-drivers fonts-dejavu-core libstb-dev
  libglfw3-dev libimgui-dev libglm-dev libcli11-dev nlohmann-json3-dev libfmt-dev libre2-dev
  libdlpack-dev libhwy-dev libtbb-dev
  libspng-dev libdeflate-dev libturbojpeg0-dev libwebp-dev libtiff-dev libopenexr-dev zlib1g-dev
  libavformat-dev libavcodec-dev libavutil-dev
  libinsighttoolkit5-dev
  libgtest-dev libgmock-dev  # the dev preset configures the tests too, so that demo and tests share one build
)
# What the tests need on top.
test_packages=(git vulkan-validationlayers xvfb xauth xdotool x11-utils openbox imagemagick python3 python3-xlib clang-format
  ffmpeg    # whose psnr ours is held against
  chromium  # that the HTML report is opened in: 210 MB to fetch where nothing of it is there
  zsh groff-base)

install_packages() {
  command -v dpkg-query >/dev/null || {
    echo "This is not a Debian system; please install the equivalents of: $*" >&2
    return 0
  }
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    say "All packages are there"
    return
  fi
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "These packages are missing, and there is no sudo: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  say "Installing ${missing[*]}"
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# configure PRESET: only when there is no build folder yet; CMake itself notices changed lists later. Where there is no
# NVIDIA GPU, the CUDA kernels are compiled to see that they compile.
configure() {
  local cuda=()
  [ -e /dev/nvidiactl ] || [ -e /dev/dxg ] || cuda=(-DFRAMEGAUGE_CUDA_QUICK=ON)  # dxg: Windows' subsystem for Linux
  if [ ! -f "build/$1/build.ninja" ]; then
    say "Configuring build/$1"
    cmake --preset "$1" "${cuda[@]}"
  fi
}

build() {  # build PRESET TARGET...
  local preset=$1
  shift
  say "Building build/$preset ($(nproc) processors)"
  cmake --build "build/$preset" --target "$@"
}
