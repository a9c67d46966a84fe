#!/usr/bin/env bash
# Drives the window with real key and mouse events on a virtual display, under the Vulkan validation layer, and takes
# a picture of each step. Fails when the program ends early, a step changes nothing, a file is missing, or the
# validation layer says anything.
#   window_smoke.sh EXECUTABLE ASSETS OUTPUT [WIDTH HEIGHT]
# Exit code 77: skipped, with the reason.
set -u
program=$1 assets=$2 output=$3 width=${4:-1280} height=${5:-720}

for tool in Xvfb xdotool import compare; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed (xvfb, xdotool, imagemagick)"; exit 77; }
done
[ -f "$assets/scene/point_cloud.ply" ] || { echo "skipped: $assets/scene is not generated"; exit 77; }

rm -rf "$output"; mkdir -p "$output/shots" "$output/saved" "$output/config"
export XDG_CONFIG_HOME=$output/config
failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
alive() { kill -0 "$pid" 2>/dev/null; }

Xvfb -displayfd 3 -screen 0 "${width}x${height}x24" -nolisten tcp 3>"$output/display" >/dev/null 2>&1 &
server=$!
cleanup() { kill "${pid:-$server}" "$server" 2>/dev/null; wait 2>/dev/null; }
trap cleanup EXIT
for _ in $(seq 100); do [ -s "$output/display" ] && break; sleep 0.1; done
[ -s "$output/display" ] || { echo "skipped: no virtual display could be started"; exit 77; }
export DISPLAY=:$(cat "$output/display")

start() {  # arguments of `framegauge view`
  "$program" view --validation --ui-scale 1 --screenshots "$output/saved" "$@" >>"$output/log" 2>&1 &
  pid=$!
  window=
  for _ in $(seq 300); do
    window=$(xdotool search --pid "$pid" --onlyvisible 2>/dev/null | head -1)
    [ -n "$window" ] && break
    alive || { fail "the window did not open: $(tail -1 "$output/log")"; return 1; }
    sleep 0.1
  done
  xdotool windowsize --sync "$window" "$width" "$height" 2>/dev/null
  xdotool windowmove "$window" 0 0 windowfocus "$window" 2>/dev/null
  settle 3
}
# A picture takes longer the larger it is, where the CPU draws: twice as long at 1080p. SETTLE stretches all waits.
settle() { sleep "$(awk -v s="${1:-0.8}" -v f="${SETTLE:-1}" -v w="$width" 'BEGIN { print s * f * (w > 1600 ? 2 : 1) }')"; }
shot() { import -window root "$output/shots/$1.png"; alive || fail "the program ended at step $1"; }
key() { xdotool key "$@"; settle; }
# Differs by more than a blinking digit would: the share of pixels, of the two steps' pictures.
differ() {
  local pixels
  pixels=$(compare -metric AE -fuzz 3% "$output/shots/$1.png" "$output/shots/$2.png" null: 2>&1 | cut -d' ' -f1)
  awk -v p="$pixels" -v all=$((width * height)) 'BEGIN { exit !(p > 0.01 * all) }' || fail "$1 and $2 look the same"
}
quit() {
  xdotool key ctrl+q
  for _ in $(seq 100); do alive || break; sleep 0.1; done
  alive && { fail "Ctrl+Q did not close the window"; kill "$pid"; }
  wait "$pid"; local code=$?
  [ "$code" = 0 ] || fail "exit code $code: $(tail -2 "$output/log")"
}
drag() {  # button x0 y0 x1 y1
  xdotool mousemove "$2" "$3"; settle 0.3; xdotool mousedown "$1"; settle 0.3
  for i in 1 2 3 4 5 6; do xdotool mousemove $(($2 + ($4 - $2) * i / 6)) $(($3 + ($5 - $3) * i / 6)); settle 0.15; done
  xdotool mouseup "$1"; settle
}
cx=$((width * 45 / 100)) cy=$((height * 42 / 100))  # in the picture

# ---- splats -----------------------------------------------------------------------------------------------------
start "$assets/scene/point_cloud.ply" --cameras "$assets/scene/sparse" --images "$assets/scene/images" || exit 1
names=(render reference split blink side_by_side difference heatmap heatmap_over)
for i in 1 2 3 4 5 6 7 8; do key "$i"; [ "$i" = 4 ] && settle 0.6; shot "$i-${names[$((i - 1))]}"; done
differ 1-render 5-side_by_side; differ 5-side_by_side 6-difference; differ 6-difference 7-heatmap
differ 7-heatmap 8-heatmap_over; differ 1-render 7-heatmap
key 7; key m; shot color_map; differ 7-heatmap color_map
key 3; key bracketright bracketright bracketright; shot split_moved
drag 1 "$cx" "$cy" "$cx" "$((cy + 40))"          # near the divider or not: both must work
key Right; shot next_camera; key Right Right; shot camera_3; differ next_camera camera_3
key 1; drag 1 "$cx" "$cy" $((cx + 120)) $((cy + 30)); shot orbited; differ 1-render orbited
drag 3 "$cx" "$cy" $((cx - 60)) $((cy + 20)); xdotool mousemove "$cx" "$cy" click 5 click 5 click 5; settle
shot free_view
key Home; shot home
key g; xdotool keydown w; settle 1; xdotool keyup w; settle; shot flown; differ home flown; key g
key BackSpace; key 2; shot back; key 1
xdotool keydown Tab; settle; shot tab_held; xdotool keyup Tab; settle
xdotool mousemove 100 195 click 1; settle; shot list_clicked; differ tab_held list_clicked  # a row of the camera list
xdotool mousemove "$cx" "$cy"; key i; xdotool click 4 click 4 click 4 click 4 click 4 click 4; settle; shot zoomed
key n; settle; shot zoomed_square; key 0; key n; key i
key F1; shot help; key Escape
key h; shot no_panels; key h
key c; key space; shot paused; key space
key p; settle 1.5; shot saved
for f in frame reference heatmap overlay; do [ -s "$output/saved/framegauge-001/$f.png" ] || fail "no $f.png was saved"; done
[ -s "$output/saved/framegauge-001/scores.json" ] || fail "no scores.json was saved"
for size in "640 400" "200 150" "900 $((height - 20))" "$width $height"; do
  xdotool windowsize "$window" $size; settle 1; shot "resized_${size/ /x}"
done
xdotool windowunmap "$window"; settle 1; xdotool windowmap "$window"; settle 1
xdotool windowmove "$window" 0 0 windowfocus "$window"; settle; shot mapped_again
key 8; quit
grep -q '"mode": "heatmap_over"' "$output/config/framegauge/settings.json" || fail "the settings were not remembered"

# ---- one scene against another, from a free camera --------------------------------------------------------------
start "$assets/scene/point_cloud.ply" --reference-scene "$assets/scene/point_cloud.ply" && { key 7; shot scene_against_scene; quit; }

# ---- a radiograph -----------------------------------------------------------------------------------------------
if [ -f "$assets/ct/phantom.nrrd" ]; then
  start --ct "$assets/ct/phantom.nrrd" --xray "$assets/ct/phantom_xray.png" --geometry "$assets/ct/phantom_xray.json" && {
    key 1; shot radiograph; drag 1 "$cx" "$cy" $((cx + 80)) "$cy"; shot radiograph_turned; differ radiograph radiograph_turned
    key Home; key 7; shot radiograph_heatmap; quit
  }
fi

# ---- nothing loaded ---------------------------------------------------------------------------------------------
start && { shot empty; key 1 2 3 4 5 6 7 8 Right Home p; shot empty_after_keys; quit; }

if grep -q "Vulkan validation" "$output/log"; then fail "the validation layer spoke: $(grep -m1 'Vulkan validation' "$output/log")"; fi
[ "$failures" = 0 ] && echo "all steps passed; pictures in $output/shots" || echo "$failures failures; log: $output/log"
exit $((failures > 0))
