#!/bin/sh
# usage: error.sh FUSEWRIGHT
# Every file of tests/error says on its first lines how it must be rejected:
#
#     // exit: 1
#     // error: words of a message          (any number of these; each must be there)
#     // position: 7:3                      (line and column of the first message, where it has one)
#
# Rule files (.lua, with -- for //) are given to a compilation of tests/kernel/softmax.hlo. Nothing may be written, and nothing but
# messages printed.
. "$(dirname "$0")/lib.sh"
tool=$1
for file in "$tests"/error/*.hlo "$tests"/error/*.lua; do
    name=$(basename "$file")
    sed -nE 's,^(//|--) (exit|error|position): ,\2 ,p' "$file" >"$work/wanted"
    wanted=$(sed -n 's/^exit //p' "$work/wanted")
    [ -n "$wanted" ] || { failed "$name says no exit code"; continue; }
    status=0
    case $name in
    *.lua) "$tool" compile "$tests/kernel/softmax.hlo" --rules "$file" -o "$work/out" >"$work/stdout" 2>"$work/stderr" || status=$? ;;
    *) "$tool" compile "$file" -o "$work/out" >"$work/stdout" 2>"$work/stderr" || status=$? ;;
    esac
    [ "$status" -eq "$wanted" ] || failed "$name: exit $status, not $wanted"
    sed -n 's/^error //p' "$work/wanted" >"$work/words"
    while read -r words; do
        grep -qF -- "$words" "$work/stderr" || failed "$name: no message says '$words'"
    done <"$work/words"
    position=$(sed -n 's/^position //p' "$work/wanted")
    [ -z "$position" ] || grep -qF -- "$name:$position: error: " "$work/stderr" || failed "$name: no error at $position"
    [ "$wanted" = 0 ] || ! [ -e "$work/out" ] || failed "$name: something was written"
    [ "$wanted" = 0 ] || grep -q 'error: ' "$work/stderr" || failed "$name: no message"
    rm -rf "$work/out"
    ! [ -s "$work/stdout" ] || failed "$name: something was printed"
    [ "$failures" -eq "${before:-0}" ] || sed 's/^/    /' "$work/stderr"
    before=$failures
done
finish
