#!/usr/bin/env bash
# The same through pkg-config and nothing but the compilers.
#   pkg_config.sh PREFIX LIBDIR VERSION OUTPUT
. "$(dirname "$0")/common.sh"
prefix=$1 libdir=$2 version=$3 output=$4
for tool in pkg-config glslc; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
examples=$prefix/share/doc/framegauge/examples
export PKG_CONFIG_PATH=$prefix/$libdir/pkgconfig

rm -rf "$output"
mkdir -p "$output"
found=$(pkg-config --modversion framegauge)
[ "$found" = "$version" ] || fail "pkg-config says version $found, expected $version"
read -ra flags <<<"$(pkg-config --cflags --libs framegauge vulkan) -Wl,-rpath,$(pkg-config --variable=libdir framegauge)"
# shellcheck disable=SC2086  # several flags in one variable
${CC:-cc} -std=c99 ${CFLAGS:-} "$examples/c99_host/main.c" "${flags[@]}" ${LDFLAGS:-} -o "$output/c99_host"
glslc --target-env=vulkan1.2 -mfmt=c -o "$output/disc.comp.inc" "$examples/vulkan_renderer/disc.comp"
# shellcheck disable=SC2086
${CXX:-c++} -std=c++20 ${CXXFLAGS:-} -I"$output" "$examples/vulkan_renderer/main.cpp" "${flags[@]}" ${LDFLAGS:-} \
  -o "$output/vulkan_renderer"
run_or_skip "$output/c99_host.txt" "$output/c99_host"
check_c99_host "$output/c99_host.txt"
run_or_skip "$output/vulkan_renderer.txt" "$output/vulkan_renderer" 12
check_vulkan_renderer "$output/vulkan_renderer.txt"
