#!/usr/bin/env bash
# Gathers what a machine with an NVIDIA GPU and nothing else needs to run tests/gpu/run.sh: our binaries, their shared
# libraries except the C library, the validation layer, the sample scene, and, where they are, real scenes.
#   bash tests/gpu/pack.sh FOLDER        (builds the gpu preset first)
set -euo pipefail
cd "$(dirname "$0")/../.."
. viewer/setup.sh
folder=${1:?usage: tests/gpu/pack.sh FOLDER}

install_packages "${build_packages[@]}" "${test_packages[@]}"
[ -f build/gpu/build.ninja ] || cmake --preset gpu -DFRAMEGAUGE_ITK=OFF
build gpu all

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
sed 's|"library_path": *"[^"]*"|"library_path": "./libVkLayer_khronos_validation.so"|' \
  /usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json >"$folder/layer/VkLayer_khronos_validation.json"
cp -r assets/scene assets/ct "$folder/assets/"
shared=${FRAMEGAUGE_SHARED_DATA:-../shared/data}
if [ -d "$shared/splats/dsc" ]; then
  mkdir -p "$folder/data/splats"
  cp -r "$shared/splats/dsc" "$folder/data/splats/"
  rm -f "$folder/data/splats/dsc/sparse/points3D.bin"
fi
du -sh "$folder"
