#!/usr/bin/env bash
# Makes the bundle: what a machine with an NVIDIA driver and nothing else needs to run the program, the tests labelled
# gpu and the benchmarks. Target bundle calls it:
#   cmake --preset gpu && cmake --build --preset gpu --target bundle
#   pack.sh FOLDER SHARED_DATA PROGRAM LIBRARY TEST_OR_BENCH_OR_EXAMPLE...
#
# FOLDER/framegauge  the program            FOLDER/run.sh  everything that needs a GPU, in one go
# FOLDER/assets      our scene and phantom  FOLDER/data    a real scene, where SHARED_DATA has it
# FOLDER/programs.tar.xz: program, tests, benchmarks, shared libraries, validation layer; FOLDER/start unpacks it when
# something is first run. The same kernels are in many of them, which makes the archive small.
set -euo pipefail
folder=$1 shared=$2 program=$3 library=$4
shift 4
source=$(cd "$(dirname "$0")/../.." && pwd)
most_bytes=60000000

fail() { echo "bundle: $*" >&2; exit 1; }
for tool in strip readelf ldd xz python3; do
  command -v $tool >/dev/null || fail "$tool was not found; install it (Debian: binutils, libc-bin, xz-utils, python3)"
done
layer=/usr/lib/x86_64-linux-gnu/libVkLayer_khronos_validation.so
[ -f $layer ] || fail "the validation layer was not found; install it (Debian: apt-get install vulkan-validationlayers)"
loader=$(ldconfig -p | awk '/libvulkan\.so\.1 .*x86-64/ && !n++ { print $NF }')
[ -n "$loader" ] || fail "the Vulkan loader was not found; install it (Debian: apt-get install libvulkan1)"

rm -rf "$folder"
mkdir -p "$folder"/{unpack,assets}
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
mkdir -p "$staging"/{bin,lib/glibc,tests/layer}

# Programs, and every library that one of them or of the others names; the C library apart.
cp "$program" "$staging/bin/"
cp "$@" "$staging/tests/"
cp $layer "$staging/tests/layer/"
cp -L "$library" "$staging/lib/$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')"
cp -L "$loader" "$staging/lib/libvulkan.so.1"
named() { ldd "$@" | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/.*ld-linux/ { print $1 }' | sort -u; }
in_glibc='/(libc|libm|libpthread|libdl|librt|ld-linux[^/]*)\.so'
named "$program" "$@" $layer "$loader" | grep -v "/$(basename "$library" | cut -d. -f1)\.so" | while read -r needed; do
  if [[ $needed =~ $in_glibc ]]; then cp -L "$needed" "$staging/lib/glibc/"; else cp -L "$needed" "$staging/lib/"; fi
done
cp -L /lib/x86_64-linux-gnu/lib{pthread,dl,rt}.so.* "$staging/lib/glibc/"  # a driver may name them
find "$staging" -type f ! -path '*/glibc/*' -exec strip --strip-unneeded {} +

# Nothing that a binary names may be missing, and the oldest C library that will do is written down.
every=$(find "$staging" -type f ! -path '*/glibc/*')
for binary in $every; do
  readelf -d "$binary" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p'
done | sort -u | while read -r needed; do
  [ -f "$staging/lib/$needed" ] || [ -f "$staging/lib/glibc/$needed" ] || fail "$needed is needed and was not found"
done
for binary in $every; do readelf -V "$binary" | grep -o 'GLIBC_[0-9.]*' || true; done |
  sed 's/GLIBC_//' | sort -Vu | tail -1 >"$staging/lib/glibc/needed"

sed 's|"library_path": *"[^"]*"|"library_path": "./libVkLayer_khronos_validation.so"|' \
  /usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json >"$staging/tests/layer/VkLayer_khronos_validation.json"
tar --owner=0 --group=0 -C "$staging" -cf - . | xz -9 >"$folder/programs.tar.xz"
# What unpacks it, whatever the machine has.
xz=$(command -v xz)
cp -L "$xz" "$folder/unpack/"
named "$xz" | while read -r needed; do cp -L "$needed" "$folder/unpack/"; done

cp "$source"/tests/gpu/{run.sh,counters.sh,start} "$folder/"
cat >"$folder/framegauge" <<'SH'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/start" bin/framegauge "$@"
SH
chmod +x "$folder"/{framegauge,start,run.sh}

cp -r "$source/assets/scene" "$source/assets/ct" "$folder/assets/"
# The bundle is built without ITK: the phantom as raw voxels with our JSON header, same grid, LPS turned to RAS.
python3 - "$source/assets/ct/phantom.nrrd" "$folder/assets/ct" <<'PY'
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
if [ -d "$shared/splats/dsc" ]; then
  mkdir -p "$folder/data/splats"
  cp -r "$shared/splats/dsc" "$folder/data/splats/"
  chmod -R u+w "$folder/data"
  rm -f "$folder/data/splats/dsc/sparse/points3D.bin"
fi
if [ -f "$shared/ct/totalseg_example_ct.nii.gz" ]; then
  mkdir -p "$folder/data/ct"
  cp "$shared/ct/totalseg_example_ct.nii.gz" "$folder/data/ct/"
  chmod -R u+w "$folder/data"
fi

bytes=$(find "$folder" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
if [ "$bytes" -gt $most_bytes ]; then
  (cd "$folder" && find . -type f -printf '%s %P\n' | sort -rn | head -12) >&2
  fail "$folder has $bytes bytes, more than the $most_bytes it may have; the largest files are above"
fi
echo "$folder: $bytes bytes; needs glibc $(cat "$staging/lib/glibc/needed"), or takes its own"
