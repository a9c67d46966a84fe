#!/usr/bin/env bash
# What a consumer hears when a header is missing, the version does not fit, or a component does not exist.
#   refusals.sh CMAKE PREFIX OUTPUT
. "$(dirname "$0")/common.sh"
cmake=$1 prefix=$2 output=$3
source=$(cd "$(dirname "$0")" && pwd)/requires

rm -rf "$output"
mkdir -p "$output"
ask() {  # ask NAME OPTIONS...: CMake's exit code; what it says in NAME.txt, its lines joined
  local name=$1 status=0
  shift
  "$cmake" -G Ninja -S "$source" -B "$output/$name" -DCMAKE_PREFIX_PATH="$prefix" "$@" >"$output/$name.log" 2>&1 || status=$?
  tr -s ' \n' ' ' <"$output/$name.log" >"$output/$name.txt"
  return "$status"
}
refused() {  # refused NAME SENTENCE OPTIONS...
  local name=$1 sentence=$2
  shift 2
  ! ask "$name" "$@" || fail "$name: the package was found"
  expect "$sentence" "$output/$name.txt"
}

ask plain || { cat "$output/plain.log"; fail "the package was not found"; }
ask with_vulkan -DWANTED_VERSION=0.1 -DWANTED_COMPONENTS=vulkan || { cat "$output/with_vulkan.log"; fail "vulkan was not found"; }
ask without_vulkan_headers -Dframegauge_VULKAN_INCLUDE=OFF || { cat "$output/without_vulkan_headers.log"; fail "the Vulkan headers are only for vulkan.h"; }
refused no_dlpack "Install DLPack's header (Debian: libdlpack-dev), or pass -Dframegauge_DLPACK_INCLUDE=FOLDER" \
  -Dframegauge_DLPACK_INCLUDE=OFF
refused no_vulkan "Install the Vulkan headers (Debian: libvulkan-dev), or pass -Dframegauge_VULKAN_INCLUDE=FOLDER" \
  -Dframegauge_VULKAN_INCLUDE=OFF -DWANTED_COMPONENTS=vulkan
refused newer "version: 0.1" -DWANTED_VERSION=0.2
refused other_component "framegauge has no component 'opengl'; its only one is 'vulkan'" -DWANTED_COMPONENTS=opengl

# Without a package manager's help the compiler meets the missing header first.
! ${CC:-cc} -nostdinc -E -I "$prefix/include" -x c - <<<'#include <framegauge/framegauge.h>' >"$output/compiler.txt" 2>&1 ||
  fail "framegauge.h compiles without DLPack"
expect "framegauge.h needs dlpack/dlpack.h; install DLPack's header (Debian: libdlpack-dev)" "$output/compiler.txt"
