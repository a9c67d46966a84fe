#!/usr/bin/env bash
# Installs into an empty prefix, moves it, and looks at what is there.
#   install.sh CMAKE BUILD_FOLDER PREFIX LIBDIR VERSION PROGRAM(ON or OFF)
. "$(dirname "$0")/common.sh"
cmake=$1 build=$2 prefix=$3 libdir=$4 version=$5 program=$6

rm -rf "$prefix" "$prefix.at_first"
"$cmake" --install "$build" --prefix "$prefix.at_first" >"$prefix.log" || { cat "$prefix.log"; fail "cmake --install failed"; }
mv "$prefix.at_first" "$prefix"  # nothing in it may remember where it was put

for file in "$libdir/libframegauge.so" "$libdir/libframegauge.so.${version%.*}" "$libdir/libframegauge.so.$version" \
  include/framegauge/{framegauge.h,drr.h,pose.h,vulkan.h,vulkan.hpp} "$libdir"/cmake/framegauge/framegauge{Config,ConfigVersion,Targets}.cmake \
  "$libdir/pkgconfig/framegauge.pc" share/doc/framegauge/LICENSE share/doc/framegauge/examples/vulkan_renderer/main.cpp; do
  [ -s "$prefix/$file" ] || fail "$file was not installed"
done
others=$(cd "$prefix" && find include -type f | grep -vxE 'include/framegauge/(framegauge\.h|drr\.h|pose\.h|vulkan\.hp{0,2})') || true
[ -z "$others" ] || fail "installed headers that are not public: $others"
# The prefix, source and build folders must not stand in what a consumer reads.
! grep -rlF -e "$prefix.at_first" -e "$build" "$prefix/$libdir/cmake" "$prefix/$libdir/pkgconfig" ||
  fail "these files hold a path of this machine"

if [ "$program" = ON ]; then
  said=$(env -u LD_LIBRARY_PATH "$prefix/bin/framegauge" --version)
  [ "$said" = "framegauge $version" ] || fail "the installed program says '$said', expected 'framegauge $version'"
fi
