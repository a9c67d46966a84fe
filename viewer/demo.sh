#!/usr/bin/env bash
# The whole program on the sample scene: sets up, builds, and opens the viewer; without a display it renders and scores
# the same offscreen and leaves the pictures in demo-output/.
#   bash viewer/demo.sh [more options of 'framegauge view']
set -euo pipefail
cd "$(dirname "$0")/.."
. viewer/setup.sh

install_packages "${build_packages[@]}"
configure dev
build dev framegauge_cli
framegauge=build/dev/viewer/framegauge
scene=(assets/scene/point_cloud.ply --cameras assets/scene/sparse --images assets/scene/images)
ct=(--ct assets/ct/phantom.nrrd --xray assets/ct/phantom_xray.png --geometry assets/ct/phantom_xray.json)

say "This machine"
"$framegauge" doctor

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  say "Opening the viewer (F1 lists the keys)"
  exec "$framegauge" view "${scene[@]}" "$@"
fi

say "No display: rendering offscreen, splats against photographs"
"$framegauge" view "${scene[@]}" --offscreen --frames 12 --output demo-output/splats "$@"
say "A CT against a radiograph"
"$framegauge" view "${ct[@]}" --offscreen --frames 3 --output demo-output/radiograph "$@"
say "Look at demo-output/splats and demo-output/radiograph: frame.png, reference.png, heatmap.png, overlay.png, metrics.jsonl"
