#!/usr/bin/env bash
# Everything that needs a GPU, in one go, from a folder made by tests/gpu/pack.sh; prints a table last.
#   bash tests/gpu/run.sh FOLDER [OUTPUT]
# SANITIZERS: the tools of compute-sanitizer to run, "memcheck racecheck initcheck" unless set; "" for none.
# Exit code 0 when every step passed. Needs nothing on the machine but the driver and a Vulkan loader.
set -uo pipefail
folder=$(cd "${1:?usage: tests/gpu/run.sh FOLDER [OUTPUT]}" && pwd)
output=${2:-$folder/results}
mkdir -p "$output"
output=$(cd "$output" && pwd)
export LD_LIBRARY_PATH="$folder/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export VK_ADD_LAYER_PATH="$folder/layer" VK_LAYER_PATH="$folder/layer"
framegauge=$folder/bin/framegauge
rows=() failed=0

step() {  # step NAME COMMAND...: runs, keeps the log, adds a row
  local name=$1 log="$output/$1.log" start end
  shift
  start=$(date +%s.%N)
  if "$@" >"$log" 2>&1; then verdict=pass; else verdict="FAIL ($?)" failed=1; fi
  end=$(date +%s.%N)
  rows+=("$(printf '%-34s %-10s %7.1f s  %s' "$name" "$verdict" "$(echo "$end - $start" | bc 2>/dev/null || python3 -c "print($end-$start)")" \
    "$(grep -E '^\[  (PASSED|FAILED|SKIPPED) \]|^BENCH|^mean of' "$log" | tail -1)")")
  [ "$verdict" = pass ] || tail -40 "$log"
}

nvidia-smi -L || true
step doctor "$framegauge" doctor
cat "$output/doctor.log"
for test in "$folder"/bin/*_test; do
  name=$(basename "$test")
  case $name in  # nothing of the GPU in them, and some need the build folder
    commands_test | volume_test | dataset_test | splats_test | ground_truth_test | *image_test | exr_npy_test) continue ;;
    *_cpu_test | *_tile_test | *_strip_test | *_golden_test | half_test | view_maths_test | session_test | bands_test) continue ;;
  esac
  step "$name" "$test" --gtest_brief=0
done
if command -v compute-sanitizer >/dev/null; then
  # Buffers of gigabytes would take the tools hours.
  export GTEST_FILTER='-*two_to_the_31st*:many_planes*:tall_images*'
  for tool in ${SANITIZERS-memcheck racecheck initcheck}; do
    options=(--tool "$tool" --error-exitcode 9)
    [ $tool = memcheck ] && options+=(--report-api-errors no)  # a test asks for a device that is not there, on purpose
    for test in "$folder"/bin/*_cuda_test; do
      [ -x "$test" ] && step "$(basename "$test")-$tool" compute-sanitizer "${options[@]}" "$test"
    done
  done
  unset GTEST_FILTER
fi

scene=("$folder/assets/scene/point_cloud.ply" --cameras "$folder/assets/scene/sparse" --images "$folder/assets/scene/images")
step eval-sample "$framegauge" eval "${scene[@]}" --output "$output/eval-sample" --validation
dsc=$folder/data/splats/dsc
if [ -d "$dsc" ]; then
  step eval-dsc "$framegauge" eval "$dsc/point_cloud.ply" --cameras "$dsc/sparse" --images "$dsc/images" --output "$output/eval-dsc"
  # A scene against itself from free cameras: both are rendered at 1080p, one is timed as the renderer.
  step tick-dsc-1080p "$framegauge" view "$dsc/point_cloud.ply" --reference-scene "$dsc/point_cloud.ply" --offscreen \
    --size 1920 1080 --frames 200 --output "$output/tick-dsc-1080p"
fi
step view-radiograph "$framegauge" view --ct "$folder/assets/ct/phantom.json" --xray "$folder/assets/ct/phantom_xray.png" \
  --geometry "$folder/assets/ct/phantom_xray.json" --offscreen --frames 20 --output "$output/radiograph"
for bench in "$folder"/bin/{live_ssim,ssim2d,ssim_variants,ssim3d,vmaf_ssim}_bench; do
  [ -x "$bench" ] && step "$(basename "$bench")" "$bench"
done
step ssim_suite_bench "$framegauge" bench ssim --csv "$output/ssim_suite.csv"
step tick_suite_bench "$framegauge" bench tick --csv "$output/tick_suite.csv"

{
  echo "step,median_render_ms,median_metric_ms,median_wall_ms,ticks"
  for log in "$output"/*/metrics.jsonl; do
    [ -f "$log" ] || continue
    python3 - "$log" <<'PY'
import json, statistics, sys, pathlib
ticks = [json.loads(line) for line in open(sys.argv[1])][5:]
ticks = [t for t in ticks if "render_ms" in t]
if ticks:
    m = lambda key: statistics.median(t[key] for t in ticks)
    print(f"{pathlib.Path(sys.argv[1]).parent.name},{m('render_ms'):.4f},{m('metric_ms'):.4f},{m('wall_ms'):.4f},{len(ticks)}")
PY
  done
} | tee "$output/ticks.csv"
for log in "$output"/*_bench.log; do [ -f "$log" ] && cat "$log"; done
echo
printf '%s\n' "${rows[@]}"
exit $failed
