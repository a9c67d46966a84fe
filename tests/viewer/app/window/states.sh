#!/usr/bin/env bash
# What a window goes through: minimised by a window manager and restored, made as small as the display allows, and its
# reference lost while it runs.
#   states.sh EXECUTABLE ASSETS OUTPUT
set -u
program=$1 assets=$2 output=$3 width=860 height=460
. "$(dirname "$0")/driver.sh"
for tool in openbox xprop; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed (openbox, x11-utils)"; exit 77; }
done

processor_seconds() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$pid/stat"; }

# ---- losing the reference ---------------------------------------------------------------------------------------
cp -r "$assets/scene" "$output/scene"
start "$output/scene/point_cloud.ply" --cameras "$output/scene/sparse" --images "$output/scene/images" || exit 1
key 2; shot photo; key 1; shot render
save; [ -s "$saved/reference.png" ] || fail "there is no reference to lose"
mv "$output/scene/images" "$output/scene/gone"
key 7
heard; key Right Right Right; says "view_03.png"; key Escape; shot lost
save; [ -e "$saved/reference.png" ] && fail "a reference was saved that cannot be read"
grep -q '"ssim"' "$saved/scores.json" && fail "a score was saved without a reference"
key Escape 1; shot_like lost_render lost upper  # without a reference every mode shows the render
mv "$output/scene/gone" "$output/scene/images"
key Right; key Left; key 7; shot_unlike found lost
save; [ -s "$saved/reference.png" ] || fail "the photo is back, but not the reference"
quit
rm -r "$output/scene/images"
start "$output/scene/point_cloud.ply" --cameras "$output/scene/sparse" && {
  says "no photos found beside"
  for mode in 1 2 3 4 5 6 7 8; do key "$mode"; done
  shot no_photos; save; [ -e "$saved/reference.png" ] && fail "a reference was saved, and there are no photos"
  quit
}

# ---- as small as it gets, and back ------------------------------------------------------------------------------
start "$assets/scene/point_cloud.ply" --cameras "$assets/scene/sparse" --images "$assets/scene/images" || exit 1
key 1; shot whole
for size in "1 1" "2 300" "300 2" "160 120"; do xdotool windowsize "$window" $size; sleep 1; alive || fail "it ended at $size"; done
xdotool windowsize --sync "$window" "$width" "$height"; settle; shot_like whole_again whole
quit

# ---- minimised --------------------------------------------------------------------------------------------------
openbox --sm-disable >/dev/null 2>&1 &
helpers+=($!)
for _ in $(seq 100); do xprop -root _NET_SUPPORTING_WM_CHECK 2>/dev/null | grep -q 0x && break; sleep 0.1; done
start "$assets/scene/point_cloud.ply" --cameras "$assets/scene/sparse" --images "$assets/scene/images" || exit 1
xdotool windowactivate --sync "$window"; key 1; shot shown
busy=$(processor_seconds); sleep 2; busy=$(awk -v a="$(processor_seconds)" -v b="$busy" 'BEGIN { print a - b }')
xdotool windowminimize --sync "$window"; sleep 1
xprop -id "$window" WM_STATE | grep -q Iconic || fail "the window manager did not minimise the window"
shot minimised; differ shown minimised
idle=$(processor_seconds); sleep 2; idle=$(awk -v a="$(processor_seconds)" -v b="$idle" 'BEGIN { print a - b }')
above "$busy" "$(awk -v i="$idle" 'BEGIN { print 5 * i }')" || fail "minimised it works on: $idle s of processor time, $busy s when shown"
xdotool windowmap "$window" windowactivate --sync "$window"; settle
xprop -id "$window" WM_STATE | grep -q Normal || fail "the window manager did not restore the window"
shot_like restored shown
key 2; shot_unlike restored_reference restored
xdotool windowminimize --sync "$window"; sleep 1; kill -TERM "$pid" 2>/dev/null; wait "$pid" 2>/dev/null
finish
