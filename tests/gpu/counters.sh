#!/usr/bin/env bash
# What bounds the kernels, by the GPU's own counters (Nsight Compute):
#   bash counters.sh [FOLDER]       in a bundle, as run.sh
# Of each bench, a launch of each kernel and grid is profiled; the counters go to FOLDER/counters.csv (default: the present
# folder), and a table to standard output: microseconds at the profiler's own clock, how much of the time multiprocessors
# were at work, then shares of what is possible, then the three things that warps wait for most, in cycles between two
# instructions.
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
out=${1:-.}
command -v ncu >/dev/null || { echo "ncu is not there; it comes with the CUDA Toolkit (Nsight Compute)" >&2; exit 1; }

stalls=(long_scoreboard short_scoreboard barrier membar math_pipe_throttle mio_throttle lg_throttle tex_throttle
  not_selected no_instruction wait dispatch_stall branch_resolving sleeping drain imc_miss)
metrics=gpu__time_duration.sum,sm__cycles_active.avg,gpc__cycles_elapsed.max
metrics+=,sm__warps_active.avg.pct_of_peak_sustained_active,smsp__issue_active.avg.pct_of_peak_sustained_active
for pipe in tensor fma alu xu lsu; do
  case $pipe in
    tensor | fma | alu) metrics+=,sm__pipe_${pipe}_cycles_active.avg.pct_of_peak_sustained_active ;;
    *) metrics+=,sm__inst_executed_pipe_${pipe}.avg.pct_of_peak_sustained_active ;;
  esac
done
metrics+=,l1tex__data_pipe_lsu_wavefronts.avg.pct_of_peak_sustained_active
metrics+=,lts__t_sectors.avg.pct_of_peak_sustained_elapsed,lts__t_tag_requests.avg.pct_of_peak_sustained_elapsed
metrics+=,dram__throughput.avg.pct_of_peak_sustained_elapsed
for stall in "${stalls[@]}"; do metrics+=,smsp__average_warps_issue_stalled_${stall}_per_issue_active.ratio; done

# profile BENCH KERNEL: a launch of each kernel and grid whose demangled name matches the regular expression KERNEL.
profile() {
  START_UNDER="ncu --csv --page raw --metrics $metrics --kernel-name-base demangled -k regex:$2 --filter-mode per-launch-config --launch-skip 5 --launch-count 1" \
    "$folder/start" "tests/$1" 2>&1 | grep '^"' || echo "no counters of $2 in $1" >&2
}

csv=$out/counters.csv
{
  profile live_ssim_bench 'live_(ssim|reference)_(tiles|strips)'
  profile ssim2d_bench 'ssim|finish_scores'
  profile ssim3d_bench 'ssim'
  profile vmaf_ssim_bench 'ssim'
  profile drr_bench '(drr_integrals|drr_with_slopes|gradient_by_rays).*float'
} >"$csv"

# Every bench brings its header and a row of units.
awk -F'","' '
  function of(name, value) { value = (name in at) ? $(at[name]) : 0; gsub(/,/, "", value); return value + 0 }
  /^"ID"/ { for (i = 1; i <= NF; ++i) { gsub(/"/, "", $i); at[$i] = i } next }
  /^"",/ { units = $(at["gpu__time_duration.sum"]); next }
  {
    name = $(at["Kernel Name"]); sub(/\(.*/, "", name); sub(/^void /, "", name)
    gsub(/<?unnamed>::|[A-Za-z_]*::/, "", name)
    grid = $(at["Grid Size"]); gsub(/[(), ]+/, " ", grid); split(grid, g, " "); grid = g[1] * g[2] * g[3]
    time = of("gpu__time_duration.sum"); if (units ~ /ns|nsecond/) time /= 1000; else if (units ~ /ms|msecond/) time *= 1000
    busy = 100 * of("sm__cycles_active.avg") / of("gpc__cycles_elapsed.max")
    best = ""; delete left
    for (key in at) if (key ~ /issue_stalled/) { left[key] = of(key) }
    for (n = 0; n < 3; ++n) {
      top = ""
      for (key in left) if (top == "" || left[key] > left[top]) top = key
      label = top; sub(/.*issue_stalled_/, "", label); sub(/_per_issue.*/, "", label)
      best = best sprintf(" %s %.1f", label, left[top]); delete left[top]
    }
    if (!titled++) printf "%-52s %8s %4s %5s %5s %6s %4s %4s %4s %4s %5s %5s %5s  %s\n", "kernel", "us", "busy", "warps", "issue", "tensor", "fma", "alu", "xu", "lsu", "L1", "L2", "DRAM", "cycles waited for"
    l2 = of("lts__t_tag_requests.avg.pct_of_peak_sustained_elapsed"); l2b = of("lts__t_sectors.avg.pct_of_peak_sustained_elapsed")
    printf "%-52s %8.1f %4.0f %5.0f %5.0f %6.0f %4.0f %4.0f %4.0f %4.0f %5.0f %5.0f %5.0f %s\n", substr(name, 1, 44) " " grid, time, busy,
      of("sm__warps_active.avg.pct_of_peak_sustained_active"), of("smsp__issue_active.avg.pct_of_peak_sustained_active"),
      of("sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_active"), of("sm__pipe_fma_cycles_active.avg.pct_of_peak_sustained_active"),
      of("sm__pipe_alu_cycles_active.avg.pct_of_peak_sustained_active"), of("sm__inst_executed_pipe_xu.avg.pct_of_peak_sustained_active"),
      of("sm__inst_executed_pipe_lsu.avg.pct_of_peak_sustained_active"), of("l1tex__data_pipe_lsu_wavefronts.avg.pct_of_peak_sustained_active"),
      (l2 > l2b ? l2 : l2b), of("dram__throughput.avg.pct_of_peak_sustained_elapsed"), best
  }' "$csv"
