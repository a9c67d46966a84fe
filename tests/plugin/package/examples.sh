#!/usr/bin/env bash
# The example hosts of the build tree: silent under the validation layer, and clear about what is wrong.
#   examples.sh OUTPUT VULKAN_RENDERER C99_HOST [CUDA_RENDERER]
. "$(dirname "$0")/common.sh"
output=$1 renderer=$2 c99_host=$3
shift

rm -rf "$output"
mkdir -p "$output"
status=0
"$renderer" 0 >"$output/usage.txt" 2>&1 || status=$?
[ "$status" = 2 ] || fail "wrong usage ended with exit code $status, expected 2"
expect "usage: " "$output/usage.txt"

for host in "$@"; do
  status=0
  VK_ICD_FILENAMES=/nowhere.json VK_DRIVER_FILES=/nowhere.json "$host" >"$output/no_driver.txt" 2>&1 || status=$?
  [ "$status" = 1 ] || fail "$host without a driver ended with exit code $status, expected 1"
  expect "no Vulkan device" "$output/no_driver.txt"
done

validated "$output/vulkan_renderer.txt" "$renderer" 12
check_vulkan_renderer "$output/vulkan_renderer.txt"
validated "$output/c99_host.txt" "$c99_host"
check_c99_host "$output/c99_host.txt"
