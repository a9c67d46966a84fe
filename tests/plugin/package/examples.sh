#!/usr/bin/env bash
# The example hosts of the build tree: silent under the validation layer, and clear about what is wrong.
#   examples.sh VULKAN_RENDERER C99_HOST OUTPUT
. "$(dirname "$0")/common.sh"
renderer=$1 c99_host=$2 output=$3

rm -rf "$output"
mkdir -p "$output"
status=0
"$renderer" 0 >"$output/usage.txt" 2>&1 || status=$?
[ "$status" = 2 ] || fail "wrong usage ended with exit code $status, expected 2"
expect "usage: " "$output/usage.txt"

for host in "$renderer" "$c99_host"; do
  status=0
  VK_ICD_FILENAMES=/nowhere.json VK_DRIVER_FILES=/nowhere.json "$host" >"$output/no_driver.txt" 2>&1 || status=$?
  [ "$status" = 1 ] || fail "$host without a driver ended with exit code $status, expected 1"
  expect "no Vulkan device" "$output/no_driver.txt"
done

# The layer prints on standard output, where every line is accounted for. The loader says that it has loaded it.
export VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation VK_LOADER_DEBUG=layer
export VK_LAYER_ENABLES=VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT
validated() {  # validated NAME COMMAND...
  local name=$1
  shift
  run_or_skip "$output/$name.all" bash -c '"$@" 2>"$0"' "$output/$name.loader" "$@"
  grep -q 'libVkLayer_khronos_validation' "$output/$name.loader" || {
    echo "skipped: VK_LAYER_KHRONOS_validation is not installed (Debian: vulkan-validationlayers)"
    exit 77
  }
}
validated vulkan_renderer "$renderer" 12
check_renderer_output "$output/vulkan_renderer.all"
validated c99_host "$c99_host"
check_c99_output "$output/c99_host.all"
