#!/usr/bin/env bash
# The library gives the fg_ functions of its headers and nothing else, and asks for no driver and no Vulkan loader.
#   symbols.sh LIBRARY HEADER...
. "$(dirname "$0")/common.sh"
library=$1
shift
exported=$(nm -D --defined-only "$library" | awk '{ print $NF }')
others=$(grep -v '^fg_' <<<"$exported" | grep -vE '^(__asan_|__odr_asan|__ubsan_|__sancov)') || true
[ -z "$others" ] || fail "exported beside fg_ functions: $others"
declared=$(grep -ohE '^FG_API .*\bfg_[a-z0-9_]+\(' "$@" | grep -oE 'fg_[a-z0-9_]+\($' | tr -d '(' | sort -u)
functions=$(grep '^fg_' <<<"$exported" | sort -u)
undeclared=$(comm -13 <(echo "$declared") <(echo "$functions"))
[ -z "$undeclared" ] || fail "exported, but in no header: $undeclared"
missing=$(comm -23 <(echo "$declared") <(echo "$functions"))
[ -z "$missing" ] || fail "in a header, but not exported: $missing"

wanted=$(nm -D --undefined-only "$library" | awk '{ print $NF }' | grep -E '^(vk[A-Z]|cu[A-Z]|cuda[A-Z]|nv)') || true
[ -z "$wanted" ] || fail "these symbols come from a driver or a loader: $wanted"
loaded=$(ldd -r "$library" 2>&1)
! grep -E 'libvulkan|libcuda|libnvidia|libGL' <<<"$loaded" || fail "the library needs a driver or a loader"
! grep -E 'not found|undefined symbol: [^_]' <<<"$loaded" || fail "the library does not load by itself"
