#!/usr/bin/env bash
# Drops files on the window as a file manager does (XDND, drop_files.py), good ones and bad ones.
#   drop.sh EXECUTABLE ASSETS OUTPUT
set -u
program=$1 assets=$2 output=$3 width=860 height=460
. "$(dirname "$0")/driver.sh"
python=
for candidate in python3 /usr/bin/python3; do "$candidate" -c 'import Xlib' 2>/dev/null && { python=$candidate; break; }; done
[ -n "$python" ] || { echo "skipped: no python3 here has Xlib (python3-xlib)"; exit 77; }

drop() { heard; "$python" "$(dirname "$0")/drop_files.py" "$window" $((width / 2)) $((height / 2)) "$@" || fail "dropping $*"; }

scene=$assets/scene/point_cloud.ply
odd="$output/odd name %20 # é.ply"  # a list of URIs encodes all of these
cp "$scene" "$odd"
head -c 5000 "$scene" >"$output/cut_short.ply"
echo "no picture at all" >"$output/notes.txt"
head -c 600 "$assets/scene/images/view_03.png" >"$output/cut_short.png"

start || exit 1
titled "Framegauge"; shot empty
drop "$scene"; says "Loaded scene point_cloud.ply"; titled "point_cloud.ply - Framegauge"; shot_unlike scene empty
drop "$assets/scene/sparse"; says "Loaded 12 cameras"; shot_unlike cameras scene
key 2; shot_unlike photo cameras
drop "$assets/scene/images/view_05.png"; says "Loaded reference view_05.png"; key Escape; shot_unlike picture photo
save; grep -q '"reference": "view_05.png"' "$saved/scores.json" || fail "the dropped picture is not the reference"
key Escape; shot_like before picture

# Files that cannot be read leave everything as it was, and say so.
drop "$output/notes.txt"; says "notes.txt: not a .ply scene, cameras, a picture or a volume"
drop "$output/cut_short.ply"; says "cut_short.ply"
drop "$output/cut_short.png"; says "cut_short.png"
drop "$output/not_there.ply"; says "not_there.ply"
titled "point_cloud.ply - Framegauge"; shot complaints; key Escape; shot_like after_bad_files before

# Several at once, with a name that needs encoding; the last of a kind wins.
drop "$assets/scene/images/view_05.png" "$odd"; says "Loaded scene odd name %20 # é.ply"
titled "odd name %20 # é.ply - Framegauge"
xdotool keydown Shift_L; settle; drop "$scene"; says "Loaded reference point_cloud.ply"; xdotool keyup Shift_L
key 2; save; grep -q '"ssim": 1.0,' "$saved/scores.json" || fail "the scene does not score 1 against its dropped copy"
if [ -f "$assets/ct/phantom.nrrd" ]; then
  drop "$assets/ct/phantom.nrrd"; says "Loaded volume phantom.nrrd"; titled "phantom.nrrd - Framegauge"
  convert "$assets/ct/phantom_xray.png" -depth 16 "$output/deep.tif"
  key 1; shot ct; drop "$output/deep.tif"; says "Loaded reference deep.tif"; key Escape 2; shot_unlike xray ct
fi
quit
finish
