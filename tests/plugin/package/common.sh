# shellcheck shell=bash
# Sourced by the scripts of this folder.
set -euo pipefail

fail() { printf '%s\n' "$*" >&2; exit 1; }

# expect TEXT FILE: the file holds the text.
expect() { grep -qF -- "$1" "$2" || { cat "$2"; fail "expected in the output: $1"; }; }

# run_or_skip OUTPUT COMMAND...: standard output and error go to the file; where there is no Vulkan device the test is
# skipped.
run_or_skip() {
  local output=$1 status=0
  shift
  "$@" >"$output" 2>&1 || status=$?
  if ((status != 0)) && grep -q 'no Vulkan device' "$output"; then
    echo "skipped: $(grep -m1 'no Vulkan device' "$output")"
    exit 77
  fi
  ((status == 0)) || { cat "$output"; fail "$* ended with exit code $status"; }
}

# The disc reaches its goal in the last of 12 frames: scores come with frame numbers in order, rise, and end near 1.
check_renderer_output() {
  awk '
    /^device / { device = 1; next }
    $1 == "frame" && $3 == "ssim" && $5 == "psnr" && $8 == "executor" {
      if ($9 != "in_queue" && $9 != "interop" && $9 != "shader") { print "unknown executor " $9; bad = 1 }
      if (results && ($2 <= number || $4 < ssim || $6 < psnr)) { print "number or scores fell: " $0; bad = 1 }
      if (!results) first = $4
      number = $2; ssim = $4; psnr = $6; ++results; next
    }
    { print "unexpected line: " $0; bad = 1 }
    END {
      if (!device) { print "the device is not named"; bad = 1 }
      if (results < 2 || number != 11) { print results + 0 " results, the last of frame " number; bad = 1 }
      if (!(first < 0.99 && ssim > 0.999 && psnr > 40)) {
        print "ssim " first " at first, " ssim " and psnr " psnr " at last"; bad = 1
      }
      exit bad
    }' "$1" || { cat "$1"; fail "the renderer printed something else than expected"; }
}

# One frame as it should be, one that is not.
check_c99_output() {
  expect "frame 1  ssim 1.000000  psnr inf dB  executor " "$1"
  expect "frame 2  ssim 0." "$1"
  [ "$(wc -l <"$1")" = 2 ] || { cat "$1"; fail "expected two lines"; }
}
