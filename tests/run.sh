#!/usr/bin/env bash
# Everything that can be proved without a GPU: sets up, builds, runs all tests.
#   bash tests/run.sh                every test once; under 15 minutes on two cores with nothing installed
#   bash tests/run.sh --sanitizers   and again in a build with AddressSanitizer and UndefinedBehaviorSanitizer
set -euo pipefail
cd "$(dirname "$0")/.."
. viewer/setup.sh

sanitizers=
case "${1:-}" in
  "") ;;
  --sanitizers) sanitizers=1 ;;
  *) echo "run.sh: unknown option '$1'; expected --sanitizers or nothing" >&2 && exit 2 ;;
esac

install_packages "${build_packages[@]}" "${test_packages[@]}"

say "Formatting"
git ls-files '*.h' '*.cpp' '*.cu' '*.cuh' '*.c' '*.hpp' | xargs clang-format --dry-run --Werror

configure dev
build dev all
say "Tests"
ctest --test-dir build/dev --output-on-failure -j2

if [ -n "$sanitizers" ]; then
  configure asan
  build asan all
  say "Tests under AddressSanitizer and UndefinedBehaviorSanitizer"
  # At its full sizes the window is driven by the ordinary build alone: what the processor draws takes several times as
  # long here. The small windows run in both.
  LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0 ASAN_OPTIONS=detect_leaks=1 \
    ctest --test-dir build/asan --output-on-failure -j2 -LE '^window$'
fi
