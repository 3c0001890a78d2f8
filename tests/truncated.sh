#!/bin/sh
# Files cut off anywhere: each is rejected with exit 1 and a message that has a position, or what is left is a module by itself.
. "$(dirname "$0")/lib.sh"
tool=$1
for name in attention while_nested convolution_layouts outputs; do
    file=$tests/kernel/$name.hlo
    size=$(wc -c <"$file")
    length=0
    while [ "$length" -lt "$size" ]; do
        head -c "$length" "$file" >"$work/cut.hlo"
        status=0
        "$tool" print "$work/cut.hlo" >/dev/null 2>"$work/stderr" || status=$?
        case $status in
        0) ;;
        1) grep -qE 'cut\.hlo:[0-9]+:[0-9]+: error: ' "$work/stderr" || failed "$name cut at $length: a message without a position" ;;
        *) failed "$name cut at $length: exit $status" ;;
        esac
        length=$((length + 37))
    done
done
finish
