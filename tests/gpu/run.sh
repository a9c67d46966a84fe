#!/usr/bin/env bash
# Everything that needs a GPU, in one go, in a bundle (cmake --preset gpu && cmake --build --preset gpu --target bundle);
# prints a table last.
#   bash run.sh [OUTPUT]      default: results, in the bundle
# SANITIZERS: the tools of compute-sanitizer to run, "memcheck racecheck initcheck" unless set; "" for none.
# Exit code 0 when every step passed. Needs nothing on the machine but the driver.
set -uo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
[ -f "$folder/programs.tar.xz" ] || {
  echo "run.sh: programs.tar.xz is not beside it; make a bundle (cmake --build --preset gpu --target bundle) and run the one in it" >&2
  exit 2
}
output=${1:-$folder/results}
mkdir -p "$output" || exit 2
output=$(cd "$output" && pwd)
tests=$folder/unpacked/tests
export VK_ADD_LAYER_PATH="$tests/layer" VK_LAYER_PATH="$tests/layer"
framegauge=$folder/framegauge
rows=() failed=0

# What a log says of itself, in a few words.
note_of() {
  local passed skipped wrong
  passed=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1 passed/p' "$1")
  wrong=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/, \1 failed/p' "$1")
  skipped=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test.*/, \1 skipped/p' "$1")
  echo "$passed$wrong$skipped$(grep -E '^(mean of|frame) ' "$1" | tail -1)"
}

step() {  # step NAME COMMAND...: runs, keeps the log, adds a row
  local name=$1 log="$output/$1.log" start=${EPOCHREALTIME/[.,]/} note verdict code tenths
  shift
  "$@" >"$log" 2>&1
  code=$?
  note=$(note_of "$log")
  verdict=pass
  [[ $note = "0 passed, "* ]] && verdict=skipped
  [ $code = 0 ] || verdict="FAIL ($code)" failed=1
  tenths=$(((${EPOCHREALTIME/[.,]/} - start) / 100000))
  rows+=("$(printf '%-36s %-10s %6d.%d s  %s' "$name" "$verdict" $((tenths / 10)) $((tenths % 10)) "$note")")
  [ $code = 0 ] || tail -40 "$log"
}

nvidia-smi -L || true
step doctor "$framegauge" doctor
cat "$output/doctor.log"
for test in "$tests"/*_test; do step "$(basename "$test")" "$folder/start" "tests/$(basename "$test")"; done
if command -v compute-sanitizer >/dev/null; then
  # Buffers of gigabytes would take the tools hours.
  export GTEST_FILTER='-*two_to_the_31st*:many_planes*:tall_images*'
  for tool in ${SANITIZERS-memcheck racecheck initcheck}; do
    under="compute-sanitizer --tool $tool --error-exitcode 9"
    [ "$tool" = memcheck ] && under+=" --report-api-errors no"  # a test asks for a device that is not there, on purpose
    for test in "$tests"/*_cuda_test; do
      [ "$(basename "$test")" != large_tensors_cuda_test ] || continue  # nothing but such buffers
      # The tool (2025.3) does not follow a kernel whose threads come through different barriers (live_tile.cuh);
      # live_ssim_for_racecheck_cuda_test has one that it follows.
      without=""
      if [ "$tool" = racecheck ] && [ "$(basename "$test")" = live_ssim_cuda_test ]; then
        without=" --kernel-name-exclude kernel_substring=live_ssim_tiles"
      fi
      START_UNDER=$under$without step "$(basename "$test")-$tool" "$folder/start" "tests/$(basename "$test")"
    done
  done
  unset GTEST_FILTER
else
  rows+=("$(printf '%-36s %-10s' compute-sanitizer "not here")")
fi

# The example hosts. The validation layer prints on standard output: no line may be there but theirs.
host() {
  VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation "$folder/start" "tests/$1" |
    awk '{ print } $1 != "device" && $1 != "frame" { other = 1 } END { exit other || !NR }'
}
for host in vulkan_renderer c99_host cuda_renderer; do
  [ ! -x "$tests/$host" ] || step "example-$host" host "$host"
done

assets=$folder/assets dsc=$folder/data/splats/dsc
scene=("$assets/scene/point_cloud.ply" --cameras "$assets/scene/sparse" --images "$assets/scene/images")
step eval-sample "$framegauge" eval "${scene[@]}" --output "$output/eval-sample" --validation
step view-sample "$framegauge" view "${scene[@]}" --offscreen --frames 24 --output "$output/view-sample" --validation
for renderer in vulkan cuda; do
  step view-radiograph-$renderer "$framegauge" view --ct "$assets/ct/phantom.json" --xray "$assets/ct/phantom_xray.png" \
    --geometry "$assets/ct/phantom_xray.json" --offscreen --frames 105 --drr-renderer $renderer --output "$output/radiograph-$renderer"
done
if [ -d "$dsc" ]; then
  step eval-dsc "$framegauge" eval "$dsc/point_cloud.ply" --cameras "$dsc/sparse" --images "$dsc/images" --output "$output/eval-dsc"
  # A scene against itself from free cameras: both are rendered at 1080p, one is timed as the renderer.
  step tick-dsc-1080p "$framegauge" view "$dsc/point_cloud.ply" --reference-scene "$dsc/point_cloud.ply" --offscreen \
    --size 1920 1080 --frames 200 --output "$output/tick-dsc-1080p"
fi
step bench-tick-validation "$framegauge" bench tick --size 640x360 --runs 20 --splats 20000 --validation
for bench in "$tests"/*_bench; do
  [ "$(basename "$bench")" = register_bench ] || step "$(basename "$bench")" "$folder/start" "tests/$(basename "$bench")"
done
ct=$folder/data/ct/totalseg_example_ct.nii.gz
if [ -f "$ct" ]; then
  step register_bench "$folder/start" tests/register_bench "$ct" --box --device cuda
else
  rows+=("$(printf '%-36s %-10s' register_bench "no CT here")")
fi
step register-phantom "$framegauge" register "$assets/ct/phantom.json" "$assets/ct/phantom_xray.png" \
  --geometry "$assets/ct/phantom_xray.json" --device cuda -o "$output/register"
step ssim_suite_bench "$framegauge" bench ssim --csv "$output/ssim_suite.csv"
step tick_suite_bench "$framegauge" bench tick --csv "$output/tick_suite.csv"
step tick_suite_compute_queue_bench "$framegauge" bench tick --size 1080p --queue compute --csv "$output/tick_suite_compute_queue.csv"
for format in srgb8 rgb10a2 rgba16f rgba32f; do
  step tick_suite_${format}_bench "$framegauge" bench tick --size 1080p --format $format \
    --csv "$output/tick_suite_$format.csv"
done
# What bounds the kernels, where the profiler is there and may read the counters.
if command -v ncu >/dev/null; then step counters bash "$folder/counters.sh" "$output"; fi

# The middle one of a figure of a tick, the first five left out.
middle() {  # middle FIGURE LOG
  sed -n "6,\$s/.*\"$1\":\([-+.0-9e]*\).*/\1/p" "$2" | sort -g >"$output/figures"
  sed -n "$(($(wc -l <"$output/figures") / 2 + 1))p" "$output/figures"
}
{
  echo "step,median_render_ms,median_metric_ms,median_wall_ms,median_wall_with_recording_ms,ticks"
  for log in "$output"/*/metrics.jsonl; do
    grep -q '"render_ms"' "$log" 2>/dev/null || continue
    echo "$(basename "$(dirname "$log")"),$(middle render_ms "$log"),$(middle metric_ms "$log"),$(middle wall_ms "$log"),$(middle wall_with_recording_ms "$log"),$(($(wc -l <"$log") - 5))"
  done
} | tee "$output/ticks.csv"
rm -f "$output/figures"
for log in "$output"/*_bench.log; do [ -f "$log" ] && cat "$log"; done
[ ! -f "$output/counters.log" ] || cat "$output/counters.log"
echo
printf '%s\n' "${rows[@]}"
exit $failed
