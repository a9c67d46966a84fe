#!/usr/bin/env bash
# Gathers what a machine with an NVIDIA GPU and nothing else needs to run tests/gpu/run.sh: our binaries, their shared
# libraries except the C library, the validation layer, the sample scene, and, where they are, real scenes.
#   bash tests/gpu/pack.sh FOLDER [--no-build]
set -euo pipefail
cd "$(dirname "$0")/../.."
. viewer/setup.sh
folder=${1:?usage: tests/gpu/pack.sh FOLDER [--no-build]}

install_packages "${build_packages[@]}" "${test_packages[@]}"
if [ "${2:-}" != --no-build ]; then
  [ -f build/gpu/build.ninja ] || cmake --preset gpu -DFRAMEGAUGE_ITK=OFF
  build gpu all
fi

rm -rf "$folder"
mkdir -p "$folder"/{bin,lib,layer,assets,data}
cp build/gpu/viewer/framegauge "$folder/bin/"
find build/gpu/tests -maxdepth 4 -type f -executable \( -name '*_test' -o -name '*_bench' \) -exec cp {} "$folder/bin/" \;
strip --strip-unneeded "$folder"/bin/*
cp -a build/gpu/plugin/libframegauge.so* "$folder/lib/"
for binary in "$folder"/bin/* "$folder"/lib/libframegauge.so; do
  ldd "$binary" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }'
done | sort -u | grep -vE '/(libc|libm|libpthread|libdl|librt|ld-linux[^/]*|libframegauge)\.so' |
  while read -r library; do cp -L "$library" "$folder/lib/"; done
layer=/usr/lib/x86_64-linux-gnu/libVkLayer_khronos_validation.so
cp "$layer" "$folder/layer/"
strip --strip-unneeded "$folder"/layer/*.so
sed 's|"library_path": *"[^"]*"|"library_path": "./libVkLayer_khronos_validation.so"|' \
  /usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json >"$folder/layer/VkLayer_khronos_validation.json"
cp -r assets/scene assets/ct "$folder/assets/"
# The bundle is built without ITK: the phantom as raw voxels with our JSON header, same grid, LPS turned to RAS.
python3 - assets/ct/phantom.nrrd "$folder/assets/ct" <<'PY'
import gzip, json, pathlib, re, sys
header, voxels = pathlib.Path(sys.argv[1]).read_bytes().split(b"\n\n", 1)
field = dict(re.findall(r"^([^:#\n]+):=? ?(.*)$", header.decode(), re.M))
vector = lambda text: [float(x) for x in text.strip("() ").split(",")]
axes = [vector(v) for v in re.findall(r"\([^)]*\)", field["space directions"])]
spacing = [sum(x * x for x in a) ** 0.5 for a in axes]
flip = [-1.0, -1.0, 1.0]
direction = [flip[r] * axes[c][r] / spacing[c] for r in range(3) for c in range(3)]
folder = pathlib.Path(sys.argv[2])
(folder / "phantom.raw").write_bytes(gzip.decompress(voxels))
(folder / "phantom.json").write_text(json.dumps({
    "file": "phantom.raw", "extent": [int(n) for n in field["sizes"].split()], "type": "int16", "spacing_mm": spacing,
    "origin_mm_ras": [f * x for f, x in zip(flip, vector(field["space origin"]))], "direction": direction}))
PY
shared=${FRAMEGAUGE_SHARED_DATA:-../shared/data}
if [ -d "$shared/splats/dsc" ]; then
  mkdir -p "$folder/data/splats"
  cp -r "$shared/splats/dsc" "$folder/data/splats/"
  rm -f "$folder/data/splats/dsc/sparse/points3D.bin"
fi
du -sh "$folder"
