#!/usr/bin/env bash
# Framegauge against the SSIMs that people use, side by side on this machine: whether the numbers agree, and how long
# each takes. Writes tests/bench/results/peers_MACHINE.csv. Exit code 1 when something does not agree.
#
#   bash tests/bench/peers/run.sh                      in a virtual environment that is thrown away; PyPI's torch for
#                                                      Linux brings CUDA along, some 5 GB
#   bash tests/bench/peers/run.sh --python PYTHON      with the torch of that Python; only the peers are installed, into
#                                                      a folder that is thrown away
#   bash tests/bench/peers/run.sh --python PYTHON --no-install     with what that Python has
#
# Options:
#   --wheels FOLDER    take packages from the folder alone, where there is no network (pip download fills it)
#   --source FOLDER    also build and install the peer in that folder (a checkout of fused-ssim, say); may be repeated
#   --library FILE     libframegauge.so; default: that of build/release, build/gpu or build/dev, built if there is none
#   --results FOLDER   where the CSV goes
#   --rounds N, --device cpu|cuda, --skip-times, --verbose         see compare.py
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$folder/../../.." && pwd)

python='' install=1 library='' results=$root/tests/bench/results
pip_options=() sources=() compare_options=()
while [ $# -gt 0 ]; do
  case $1 in
    --python) python=$2 && shift 2 ;;
    --no-install) install='' && shift ;;
    --wheels) pip_options+=(--no-index --find-links "$2") && shift 2 ;;
    --source) sources+=("$2") && shift 2 ;;
    --library) library=$2 && shift 2 ;;
    --results) results=$2 && shift 2 ;;
    --rounds | --device) compare_options+=("$1" "$2") && shift 2 ;;
    --skip-times | --verbose) compare_options+=("$1") && shift ;;
    --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
    *) echo "run.sh: unknown option '$1'; see --help" >&2 && exit 2 ;;
  esac
done

for preset in release gpu dev; do
  built=$root/build/$preset/plugin/libframegauge.so
  if [ -z "$library" ] && [ -f "$built" ]; then library=$built; fi
done
if [ -z "$library" ]; then
  cd "$root"
  . viewer/setup.sh
  install_packages "${build_packages[@]}"
  configure dev
  build dev framegauge
  library=$root/build/dev/plugin/libframegauge.so
fi

[ -f "$library" ] || { echo "run.sh: $library: no such file; --library names libframegauge.so" >&2 && exit 2; }

# A peer that cannot be had is left out; compare.py says which are there.
pip_install() {
  "$python" -m pip install -q --disable-pip-version-check "${pip_options[@]}" "$@" ||
    echo "run.sh: could not be installed: $*" >&2
}
has() { "$python" -c "import $1" 2>/dev/null; }

if [ -n "$install" ]; then
  environment=$(mktemp -d)
  trap 'rm -rf "$environment"' EXIT
  peers=(pytorch-msssim torchmetrics scikit-image piq)
  command -v nvidia-smi >/dev/null && peers+=(fussim)  # CUDA kernels and nothing else
  if [ -z "$python" ]; then
    python3 -m venv "$environment"
    python=$environment/bin/python
    echo "Installing torch and ${peers[*]}"
    pip_install torch
    for peer in "${peers[@]}"; do pip_install "$peer"; done
    where=()
  else
    # Beside the torch that is there, and without what would bring another one along.
    where=(--target "$environment" --no-deps --no-build-isolation)
    export PYTHONPATH=$environment${PYTHONPATH:+:$PYTHONPATH}
    has pytorch_msssim || pip_install "${where[@]}" pytorch-msssim
    has torchmetrics || pip_install "${where[@]}" torchmetrics lightning-utilities packaging
    has skimage || pip_install "${where[@]}" scikit-image scipy imageio tifffile lazy-loader networkx pillow \
      packaging
    has piq || ! has torchvision || pip_install "${where[@]}" piq
    has fussim || ! command -v nvidia-smi >/dev/null || pip_install "${where[@]}" fussim
  fi
  for source in "${sources[@]}"; do pip_install --no-deps --no-build-isolation "${where[@]}" "$source"; done
fi

PYTHONDONTWRITEBYTECODE=1 "${python:-python3}" "$folder/compare.py" "$library" --results "$results" "${compare_options[@]}"
