# shellcheck shell=bash
# Sourced by the scripts of this folder.
set -euo pipefail

fail() { printf '%s\n' "$*" >&2; exit 1; }

# expect TEXT FILE: the file holds the text.
expect() { grep -qF -- "$1" "$2" || { cat "$2"; fail "expected in the output: $1"; }; }

# judge STATUS FILE...: of a host that wrote to the files. Where there is no Vulkan device the test is skipped.
judge() {
  local status=$1
  shift
  ((status != 0)) || return 0
  if grep -qh 'no Vulkan device' "$@"; then
    echo "skipped: $(grep -hm1 'no Vulkan device' "$@")"
    exit 77
  fi
  cat "$@"
  fail "a host ended with exit code $status"
}

# run_or_skip OUTPUT COMMAND...: standard output and error go to the file.
run_or_skip() {
  local output=$1 status=0
  shift
  "$@" >"$output" 2>&1 || status=$?
  judge "$status" "$output"
}

# validated OUTPUT COMMAND...: the same under the validation layer, which prints on standard output, where every line is
# accounted for. Standard error is the loader's: it says that the layer is there.
validated() {
  local output=$1 status=0
  shift
  VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation VK_LOADER_DEBUG=layer \
    VK_LAYER_ENABLES=VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT \
    "$@" >"$output" 2>"$output.loader" || status=$?
  judge "$status" "$output" "$output.loader"
  grep -q 'Insert instance layer "VK_LAYER_KHRONOS_validation"' "$output.loader" || {
    echo "skipped: VK_LAYER_KHRONOS_validation is not installed (Debian: vulkan-validationlayers)"
    exit 77
  }
}

# check_scores LAST FILE: a device is named, and scores with numbers and executors end with those of frame LAST. They rise:
# both renderers come nearer to their reference in each frame.
check_scores() {
  awk -v last="$1" '
    /^device / { device = 1; next }
    $1 == "frame" && $3 == "ssim" && $5 == "psnr" && $8 == "executor" {
      if ($9 != "in_queue" && $9 != "interop" && $9 != "shader") { print "unknown executor " $9; bad = 1 }
      if (results && ($2 <= number || $4 < ssim || $6 < psnr)) { print "number or scores fell: " $0; bad = 1 }
      number = $2; ssim = $4; psnr = $6; ++results; next
    }
    { print "unexpected line: " $0; bad = 1 }
    END {
      if (!device) { print "the device is not named"; bad = 1 }
      if (results < 2 || number != last) { print results + 0 " results, the last of frame " number; bad = 1 }
      exit bad
    }' "$2" || { cat "$2"; fail "the renderer printed something else than expected"; }
}

# The disc starts away from its goal and reaches it in the last of 12 frames.
check_vulkan_renderer() {
  check_scores 11 "$1"
  awk '$1 == "frame" { if (!first) first = $4; ssim = $4; psnr = $6 }
       END { exit !(first < 0.99 && ssim > 0.999 && psnr > 40) }' "$1" || {
    cat "$1"
    fail "expected an SSIM below 0.99 at first, and at last above 0.999 with a PSNR above 40 dB"
  }
}

# One frame as it should be, one that is not.
check_c99_host() {
  expect "frame 1  ssim 1.000000  psnr inf dB  executor " "$1"
  expect "frame 2  ssim 0." "$1"
  [ "$(wc -l <"$1")" = 2 ] || { cat "$1"; fail "expected two lines"; }
}
