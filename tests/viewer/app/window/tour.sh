#!/usr/bin/env bash
# Drives the window with real key and mouse events on a virtual display, under the Vulkan validation layer, and takes
# a picture of each step. Fails when the program ends early, a step does not change what it should (or changes what it
# should not), a file is missing, or the validation layer says anything.
#   tour.sh EXECUTABLE ASSETS OUTPUT [WIDTH HEIGHT [short]]
# The short tour goes through every view mode and whatever is laid out by the window's size, what is drawn or clicked;
# it leaves out what the size has no part in.
set -u
program=$1 assets=$2 output=$3 width=${4:-1280} height=${5:-720} short=${6:-}
. "$(dirname "$0")/driver.sh"

cx=$((width * 45 / 100)) cy=$((height * 42 / 100))  # in the picture

# ---- the steps --------------------------------------------------------------------------------------------------
view_modes() {
  local i names=(render reference split blink side_by_side difference heatmap heatmap_over)
  for i in 1 2 3 5 6 7 8; do key "$i"; shot "$i-${names[$((i - 1))]}"; done
  differ 1-render 2-reference
  # At this height the column's sections do not fit: a bar says so. It stands to the right of the sections' headings.
  [ "$height" -gt 800 ] || above "$(figure 1-render scrollbar standard_deviation)" 0.02 || fail "no bar says that the column goes on"
  same 3-split 1-render left; same 3-split 2-reference right
  differ 5-side_by_side 1-render left; differ 5-side_by_side 2-reference right
  above "$(figure 1-render body mean)" "$(figure 6-difference body mean)" || fail "a difference is brighter than what differs"
  differ 6-difference 7-heatmap; differ 7-heatmap 8-heatmap_over; differ 8-heatmap_over 1-render
  above "$(saturation 7-heatmap)" 0.3 || fail "the heatmap has no colours"
  key 4; shot_like 4-blink_render 1-render; shot_like 4-blink_reference 2-reference
}
colour_maps() {
  key 7
  local map previous=7-heatmap  # turbo; the other maps follow
  for map in magma grey viridis; do key m; shot "map_$map"; differ "$previous" "map_$map"; previous=map_$map; done
  above 0.05 "$(saturation map_grey)" || fail "the grey colour map is coloured"
}
divider() {
  key 3 bracketright bracketright bracketright; shot split_moved; differ split_moved 2-reference left
  differ 3-split split_moved
  drag 1 $(on_screen 312 180) $(on_screen 96 180)  # from 0.65 of the width to 0.2; were it missed, the camera would turn
  shot split_dragged; differ split_moved split_dragged; same split_dragged 2-reference right
}
cameras() {
  key Right; shot next_camera; differ split_dragged next_camera
  key Right Right; shot camera_3; differ next_camera camera_3
  key 1; shot camera_3_render
}
navigation() {
  drag 1 "$cx" "$cy" $((cx + 120)) $((cy + 30)); shot orbited; differ camera_3_render orbited
  drag 3 "$cx" "$cy" $((cx - 60)) $((cy + 20)); shot moved; differ orbited moved
  xdotool mousemove "$cx" "$cy" click 5 click 5 click 5; settle; shot farther; differ moved farther
  key Home; shot home; differ farther home
  key g; xdotool keydown w; sleep 0.5; settle; xdotool keyup w; settle; shot flown; differ home flown; key g
  key BackSpace; shot back; same camera_3_render back
  xdotool keydown Tab; settle; shot tab_held; differ back tab_held
  xdotool keyup Tab; settle; shot tab_released; same back tab_released
}
clicks() {
  key BackSpace Left Left Left; shot first_camera; same 1-render first_camera
  # A pyramid in the picture of the first camera: a click snaps to its camera.
  xdotool mousemove $(on_screen 148 100); seen; xdotool click 1; settle; shot pyramid_clicked; differ first_camera pyramid_clicked
  save; grep -q '"name": "view_' "$saved/scores.json" || fail "the click on a pyramid snapped to no camera"
  grep -q '"name": "view_00.png"' "$saved/scores.json" && fail "the click on a pyramid did not leave the first camera"
  key Escape; xdotool mousemove 100 176 click 1; settle; xdotool mousemove "$cx" "$cy"; settle
  shot fourth_again; same camera_3_render fourth_again
  key v; shot no_frustums; key v; shot frustums_again; same camera_3_render frustums_again
  above "$(share camera_3_render no_frustums all)" 0.0005 || fail "V hides no frustums"
  xdotool mousemove 100 195 click 1; settle; shot list_clicked; differ camera_3_render list_clicked  # a row of the camera list
  xdotool mousemove "$cx" "$cy"; settle; shot listed
}
inspector() {
  key i; xdotool click 4 click 4 click 4 click 4 click 4 click 4; settle; shot zoomed
  differ listed zoomed
  drag 1 "$cx" "$cy" $((cx + 90)) "$cy"; shot zoomed_moved; differ zoomed zoomed_moved
  key n; shot zoomed_square; differ zoomed_moved zoomed_square
  key 0 n i; shot fitted; same listed fitted
}
panels() {
  key F1; shot help; differ fitted help; key Escape; shot help_closed; same fitted help_closed
  key h; shot no_panels; differ help_closed no_panels side; key h; shot panels_again; same help_closed panels_again
}
pausing() {
  key space; shot paused; sleep 0.5; settle; shot still_paused; same paused still_paused all  # no message of an earlier key fades here
  key Right; shot paused_next; differ paused paused_next  # paused, a new view is still drawn
  key Left space c
}
saving() {
  save
  for f in frame reference heatmap overlay; do [ -s "$saved/$f.png" ] || fail "no $f.png was saved"; done
  [ -s "$saved/scores.json" ] || fail "no scores.json was saved"
}
resizing() {
  shot before_resizing
  local size corner
  for size in "640 400" "200 150" "1 1" "900 $((height - 20))" "$width $height"; do
    xdotool windowsize --sync "$window" $size
    if [ "$size" = "1 1" ]; then sleep 1; else settle; fi  # in one pixel nothing is drawn
    shot "resized_${size/ /x}"
    # The bare screen is black, and no corner of the window is.
    set -- $size
    corner=$(convert "$output/shots/resized_$1x$2.png" -format "%[fx:p{$(($1 > 4 ? $1 - 4 : 0)),$(($2 > 4 ? 3 : 0))}.g]" info:)
    [ "$1" = 1 ] || above "$corner" 0.05 || fail "the window of $1 x $2 is not filled"
  done
  same before_resizing "resized_${width}x$height"
  xdotool windowunmap --sync "$window"; sleep 1; shot unmapped; above 0.01 "$(figure unmapped all mean)" || fail "it is not unmapped"
  xdotool windowmap --sync "$window"; settle
  xdotool windowmove "$window" 0 0 windowfocus "$window"; settle; shot mapped_again; same before_resizing mapped_again
}

# ---- splats -----------------------------------------------------------------------------------------------------
start "$assets/scene/point_cloud.ply" --cameras "$assets/scene/sparse" --images "$assets/scene/images" || exit 1
view_modes
[ "$short" ] || colour_maps
divider; cameras
[ "$short" ] || navigation
clicks; inspector; panels
[ "$short" ] || { pausing; saving; resizing; }
key 8; quit
grep -q '"mode": "heatmap_over"' "$output/config/framegauge/settings.json" || fail "the settings were not remembered"

# ---- one scene against another, from a free camera --------------------------------------------------------------
[ "$short" ] || { start "$assets/scene/point_cloud.ply" --reference-scene "$assets/scene/point_cloud.ply" && {
  key 1; shot scene; key 7; shot scene_against_scene; differ scene scene_against_scene
  above 0.02 "$(figure scene_against_scene body standard_deviation)" || fail "a scene differs from itself"
  save; grep -q '"ssim": 1.0,' "$saved/scores.json" || fail "a scene does not score 1 against itself"
  quit
}; }

# ---- a radiograph -----------------------------------------------------------------------------------------------
if [ -f "$assets/ct/phantom.nrrd" ]; then
  start --ct "$assets/ct/phantom.nrrd" --xray "$assets/ct/phantom_xray.png" --geometry "$assets/ct/phantom_xray.json" && {
    key 1; shot radiograph
    drag 1 "$cx" "$cy" $((cx + 80)) "$cy"; shot radiograph_turned; differ radiograph radiograph_turned
    key Home; shot radiograph_home; same radiograph radiograph_home
    key r; pass 12; shot radiograph_registering; differ radiograph_home radiograph_registering
    key shift+r; shot radiograph_undone; same radiograph radiograph_undone
    key 7; shot radiograph_heatmap; differ radiograph radiograph_heatmap
    quit
  }
fi

# ---- nothing loaded ---------------------------------------------------------------------------------------------
start && {
  shot empty; above "$(figure empty body standard_deviation)" 0.01 || fail "nothing invites to drop files"
  key 1 2 3 4 5 6 7 8 Right Home; shot empty_after_keys; same empty empty_after_keys
  save; [ -s "$saved/frame.png" ] && [ ! -e "$saved/reference.png" ] || fail "wrong files saved without a reference"
  quit
}
finish
