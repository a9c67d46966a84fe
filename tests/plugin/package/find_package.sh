#!/usr/bin/env bash
# Builds the installed examples against the installed package, as a stranger would, and runs them.
#   find_package.sh CMAKE PREFIX OUTPUT
. "$(dirname "$0")/common.sh"
cmake=$1 prefix=$2 output=$3
examples=$prefix/share/doc/framegauge/examples

rm -rf "$output"
for example in c99_host vulkan_renderer; do
  "$cmake" -G Ninja -S "$examples/$example" -B "$output/$example" -DCMAKE_PREFIX_PATH="$prefix" >"$output.log" 2>&1 &&
    "$cmake" --build "$output/$example" >>"$output.log" 2>&1 || { cat "$output.log"; fail "$example did not build"; }
done
run_or_skip "$output/c99_host.txt" "$output/c99_host/c99_host"
check_c99_host "$output/c99_host.txt"
run_or_skip "$output/vulkan_renderer.txt" "$output/vulkan_renderer/vulkan_renderer" 12
check_vulkan_renderer "$output/vulkan_renderer.txt"
