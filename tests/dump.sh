#!/bin/sh
# usage: dump.sh FUSEWRIGHT [--accept]
# The text form of each phase for a few programs of tests/kernel: what the rules chose, what it became as statements over tiles, which
# buffers and steps came out. Compared with tests/dump/NAME.PHASE; --accept writes these anew.
. "$(dirname "$0")/lib.sh"
tool=$1
for name in softmax layer_norm dot_epilogue convolution_same attention while_swap dynamic_update_slice_in_place; do
    for phase in simplified plan schedule program; do
        (cd "$root" && "$tool" compile "tests/kernel/$name.hlo" -o "$work/none" "--dump=$phase") >"$work/text" || failed "$name: --dump=$phase"
        if [ "${2:-}" = --accept ]; then
            cp "$work/text" "$tests/dump/$name.$phase"
        else
            diff "$tests/dump/$name.$phase" "$work/text" >"$work/diff" || {
                failed "$name: --dump=$phase is not what tests/dump holds; './fw accept' writes it anew"
                head -n 20 "$work/diff"
            }
        fi
    done
done
finish
