#!/bin/sh
# Every header compiles alone, and the generated header in C++ too.
. "$(dirname "$0")/lib.sh"
tool=$1
cd "$root"
lua=$(for d in /usr/include/lua5.4 /usr/include/lua54 /usr/local/include; do [ ! -f "$d/lua.h" ] || { echo "-I$d"; break; }; done)
for header in $(find ir schedule rules gen -name '*.h'); do
    # shellcheck disable=SC2086
    gcc -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -Iir -Ischedule -Irules -Igen $lua -fsyntax-only -x c "$header" -Wno-error=pragmas \
        2>"$work/log" || grep -q 'pragma once' "$work/log" || { failed "$header"; head -n 5 "$work/log"; }
done
"$tool" compile "$tests/models/softmax.hlo" -o "$work/out" --name softmax
echo '#include "softmax.h"' >"$work/alone.cpp"
if have g++; then
    g++ -std=c++17 -Wall -Wextra -Werror -I "$work/out" -fsyntax-only "$work/alone.cpp" || failed "the generated header in C++"
else
    echo "(without g++, which is not installed)"
fi
finish
