#!/bin/sh
# usage: lint.sh BUILD
# What a reviewer would otherwise say: warnings of both compilers, clang-tidy, shellcheck, long files and functions. Fails on warnings.
. "$(dirname "$0")/lib.sh"
build=$1
cd "$root"
sources=$(find ir schedule rules gen -name '*.c')
lua=$(for d in /usr/include/lua5.4 /usr/include/lua54; do [ ! -f "$d/lua.h" ] || echo "-I$d"; done)
for cc in gcc clang; do
    have $cc || continue
    echo "$cc:"
    for file in $sources; do
        # shellcheck disable=SC2086
        $cc -std=c11 -D_POSIX_C_SOURCE=200809L -DFW_SOURCE_DATA='""' -DFW_INSTALL_DATA='""' -O1 -Wall -Wextra -Wstrict-prototypes \
            -Wmissing-prototypes -Wwrite-strings -Wundef -Wvla -Iir -Ischedule -Irules -Igen -Irules/host $lua -fsyntax-only "$file" 2>"$work/log"
        [ ! -s "$work/log" ] || { failed "$file with $cc"; head -n 6 "$work/log"; }
    done
done
if have clang-tidy && [ -f "$build/compile_commands.json" ]; then
    echo "clang-tidy:"
    # shellcheck disable=SC2086
    clang-tidy -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option \
        $sources >"$work/tidy" 2>/dev/null || failed "clang-tidy"
    grep -E 'warning:|error:' "$work/tidy" | sort -u | head -n 40
fi
if have shellcheck; then
    echo "shellcheck:"
    shellcheck -x -P tests -S warning -e SC1091,SC2034,SC2044,SC2046,SC2086,SC2154,SC3045 fw .ci/run tests/*.sh bench/*.sh tests/tools/cc_san || failed "shellcheck"
fi
echo "files over 500 lines:"
# shellcheck disable=SC2046
wc -l $(find ir schedule rules gen templates -name '*.[ch]' -o -name '*.lua') | awk '$2 != "total" && $1 > 500 { print "  " $1, $2 }' | sort -rn
echo "functions over 60 lines:"
# shellcheck disable=SC2086
awk 'FNR == 1 { start = 0 } /^[a-z].*\)( *\{)?$/ { start = FNR; name = $0 } /^}/ && start { if (FNR - start > 60) print "  " FNR - start, FILENAME ": " name; start = 0 }' $sources | sort -rn
finish
