#!/usr/bin/env bash
# Everything that can be proved without a GPU: sets up, builds, runs all tests, then again under the sanitizers.
#   bash tests/run.sh            all of it
#   bash tests/run.sh --quick    without the sanitizer build
set -euo pipefail
cd "$(dirname "$0")/.."
. viewer/setup.sh

quick=
[ "${1:-}" = --quick ] && quick=1

install_packages "${build_packages[@]}" "${test_packages[@]}"

say "Formatting"
git ls-files '*.h' '*.cpp' '*.cu' '*.cuh' '*.c' '*.hpp' | xargs clang-format --dry-run --Werror

configure dev
build dev all
say "Tests"
ctest --test-dir build/dev --output-on-failure -j2

if [ -z "$quick" ]; then
  configure asan
  build asan all
  say "Tests under AddressSanitizer and UndefinedBehaviorSanitizer"
  # At its full sizes the window is driven by the ordinary build alone: what the processor draws takes several times as
  # long here. The small windows run in both.
  LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0 ASAN_OPTIONS=detect_leaks=1 \
    ctest --test-dir build/asan --output-on-failure -j2 -LE '^window$'
fi
