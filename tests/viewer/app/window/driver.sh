# shellcheck shell=bash
# Sourced by the window's tests: a virtual display, the program on it, real key and mouse events, pictures of what is
# seen and questions about them. The sourcing script has set: program, assets, output, width, height.
# Exit code 77: skipped, with the reason.

for tool in Xvfb xdotool import compare convert; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed (xvfb, xdotool, imagemagick)"; exit 77; }
done
[ -f "$assets/scene/point_cloud.ply" ] || { echo "skipped: $assets/scene is not generated"; exit 77; }

rm -rf "$output"; mkdir -p "$output/shots" "$output/saved" "$output/config"
export XDG_CONFIG_HOME=$output/config
: >"$output/log"
failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
alive() { kill -0 "$pid" 2>/dev/null; }

# A number of its own: of two servers that take the lowest free one in turn, the old one, ending, may remove the socket of the new.
Xvfb ":$((100 + $$))" -displayfd 3 -screen 0 "${width}x${height}x24" -nolisten tcp 3>"$output/display" >/dev/null 2>&1 &
server=$!
helpers=()  # other processes of ours
cleanup() { kill "${pid:-$server}" "${helpers[@]}" "$server" 2>/dev/null; wait 2>/dev/null; }
trap cleanup EXIT
for _ in $(seq 100); do [ -s "$output/display" ] && break; sleep 0.1; done
[ -s "$output/display" ] || { echo "skipped: no virtual display could be started"; exit 77; }
export DISPLAY=:$(cat "$output/display")

# ---- the program ------------------------------------------------------------------------------------------------
start() {  # arguments of `framegauge view`
  heard
  : >"$output/frames"
  "$program" view --validation --ui-scale 1 --screenshots "$output/saved" --frame-count "$output/frames" "$@" \
    >>"$output/log" 2>&1 &
  pid=$!
  window=
  for _ in $(seq 600); do
    window=$(xdotool search --pid "$pid" --onlyvisible 2>/dev/null | head -1)
    [ -n "$window" ] && break
    alive || { fail "the window did not open: $(tail -1 "$output/log")"; return 1; }
    sleep 0.1
  done
  xdotool windowsize --sync "$window" "$width" "$height" 2>/dev/null
  xdotool windowmove "$window" 0 0 windowfocus "$window" 2>/dev/null
  settle
}
quit() {
  xdotool key ctrl+q
  for _ in $(seq 300); do alive || break; sleep 0.1; done
  alive && { fail "Ctrl+Q did not close the window"; kill "$pid"; }
  wait "$pid"; local code=$?
  [ "$code" = 0 ] || fail "exit code $code: $(tail -2 "$output/log")"
}
# Frames presented so far: the program adds a byte to the file with each. However slow the machine is, a step waits for
# as many frames as it needs and no longer.
frames() { stat -c %s "$output/frames"; }
pass() {  # waits for so many frames
  local wanted=$(($(frames) + $1))
  for _ in $(seq 3000); do
    [ "$(frames)" -ge "$wanted" ] && return
    alive || return
    sleep 0.02
  done
  fail "no $1 frames within a minute"
}
# What was pressed is on the screen: the frame under way has not seen it, the next one draws it, and two more begin
# before the processor has certainly drawn that one (Swapchain::kSlots).
settle() { pass 4; }
seen() { pass 2; }  # what was pressed has been read by a frame of its own
key() { xdotool key "$@"; settle; }
drag() {  # button x0 y0 x1 y1
  xdotool mousemove "$2" "$3"; seen; xdotool mousedown "$1"; seen
  for i in 1 2 3 4; do xdotool mousemove $(($2 + ($4 - $2) * i / 4)) $(($3 + ($5 - $3) * i / 4)); pass 1; done
  seen; xdotool mouseup "$1"; settle
}

# ---- what it says -----------------------------------------------------------------------------------------------
log_lines() { wc -l <"$output/log"; }
heard() { mark=$(log_lines); }  # what was said until now is no answer to what comes
# Waits until the program says this (a fixed text) on standard error after the last heard().
says() {
  for _ in $(seq 600); do
    tail -n "+$((mark + 1))" "$output/log" | grep -qF -- "$1" && { heard; return; }
    alive || break
    sleep 0.1
  done
  fail "the program did not say '$1', but: $(tail -n "+$((mark + 1))" "$output/log" | tail -3)"
}
titled() {  # waits for the window's title
  for _ in $(seq 100); do [ "$(xdotool getwindowname "$window")" = "$1" ] && return; sleep 0.1; done
  fail "the title is '$(xdotool getwindowname "$window")', not '$1'"
}
# Saves with the P key and sets `saved` to the folder.
save() {
  heard; xdotool key p; says "Saved "
  saved=$(ls -d "$output"/saved/framegauge-* | tail -1)
}

# ---- what is seen -----------------------------------------------------------------------------------------------
shot() { last=$1; import -window root -quality 10 "$output/shots/$1.png"; alive || fail "the program ended at step $1"; }
# The parts of the window as panels/regions.cpp arranges them. `body` is the picture without its labels, messages and legend.
list=232 side=304 plots=118 bar=36
[ "$width" -ge 1700 ] && list=260 side=350
[ "$height" -ge 900 ] && plots=150
region() {
  local wide=$((width - list - side)) tall=$((height - bar - plots))
  local y=$((bar + tall * 35 / 100)) h=$((tall * 50 / 100))
  case $1 in
    all) echo "${width}x$height+0+0" ;;
    body) echo "${wide}x$h+$list+$y" ;;
    upper) echo "${wide}x$((h / 2))+$list+$y" ;;
    left) echo "$((wide / 2 - 12))x$h+$list+$y" ;;  # of the body, without the divider
    right) echo "$((wide / 2 - 12))x$h+$((list + wide / 2 + 12))+$y" ;;
    side) echo "${side}x$((height - bar))+$((width - side))+$bar" ;;
    scrollbar) echo "1x$((height - bar - 20))+$((width - 4))+$((bar + 10))" ;;  # through the side column's
  esac
}
# Where a pixel of the sample scene's 480 x 360 pictures is seen, as the picture fits its part of the window.
on_screen() {
  awk -v u="$1" -v v="$2" -v x="$list" -v y="$bar" -v w="$((width - list - side))" -v h="$((height - bar - plots))" \
    'BEGIN { s = w / 480 < h / 360 ? w / 480 : h / 360; print int(x + (w - 480 * s) / 2 + u * s), int(y + (h - 360 * s) / 2 + v * s) }'
}
# The share of a region's pixels that differ by more than 3 % between two pictures: share A B REGION.
share() {
  compare -metric AE -fuzz 3% -extract "$(region "$3")" "$output/shots/$1.png" "$output/shots/$2.png" null: 2>&1 |
    awk -v size="$(region "$3")" '{ split(size, s, "[x+]"); print $1 / (s[1] * s[2]) }'
}
above() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; }
unlike() { above "$(share "$1" "$2" "$3")" 0.01; }
alike() { above 0.002 "$(share "$1" "$2" "$3")"; }
# Questions of two pictures: differ A B [REGION]. Where B is what is seen now, it is taken again until the answer is
# yes, for as long as a slow machine may need for a frame.
ask() {
  for _ in $(seq 30); do
    "$1" "$2" "$3" "$4" && return
    [ "$3" = "$last" ] || break
    sleep 0.2; shot "$3"
  done
  false
}
differ() { ask unlike "$1" "$2" "${3:-body}" || fail "$1 and $2 look the same (${3:-body})"; }
same() {
  ask alike "$1" "$2" "${3:-body}" ||
    fail "$1 and $2 should look the same (${3:-body}); $(share "$1" "$2" "${3:-body}") of the pixels differ"
}
# A figure of a region: figure SHOT REGION EXPRESSION, e.g. mean, standard_deviation; 0..1.
figure() { convert "$output/shots/$1.png" -crop "$(region "$2")" +repage -format "%[fx:$3]" info:; }
saturation() { convert "$output/shots/$1.png" -crop "$(region body)" +repage -colorspace HSL -channel G -separate -format '%[fx:mean]' info:; }
# A picture that must look like another one, or unlike it: shot_like A B [REGION].
shot_like() { shot "$1"; same "$2" "$1" "${3:-body}"; }
shot_unlike() { shot "$1"; differ "$2" "$1" "${3:-body}"; }

finish() {
  if grep -q "Vulkan validation" "$output/log"; then fail "the validation layer spoke: $(grep -m1 'Vulkan validation' "$output/log")"; fi
  [ "$failures" = 0 ] && echo "all steps passed; pictures in $output/shots" || echo "$failures failures; log: $output/log"
  exit $((failures > 0))
}
