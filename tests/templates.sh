#!/bin/sh
# Every template compiles unfilled, as it lies in the tree, without a warning under gcc and clang.
. "$(dirname "$0")/lib.sh"
for file in "$root"/templates/c/*.c; do
    for cc in gcc clang; do
        have $cc || continue
        $cc -std=c11 -O2 -Wall -Wextra -Werror -c "$file" -o "$work/object" 2>"$work/log" || {
            failed "$(basename "$file") with $cc"
            head -n 5 "$work/log"
        }
    done
done
have clang || skip "templates under clang, which is not installed (gcc has no complaint)"
finish
