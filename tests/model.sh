#!/bin/sh
# usage: model.sh FUSEWRIGHT MODEL
# A model of tests/models under gcc and clang, against the output that JAX recorded, for both numerics and both targets of C.
. "$(dirname "$0")/lib.sh"
tool=$1 name=$2
model=$tests/models/$name
gcc -std=c11 -O1 "$tests/tools/show_scores.c" -o "$work/show_scores" -lm
for options in "--target c" "--target native" "--numerics strict" "--weights blob"; do
    # shellcheck disable=SC2086
    "$tool" compile "$model/$name.hlo" -o "$work/out" --name "$name" --with-main $options
    for cc in gcc clang; do
        have $cc || continue
        # shellcheck disable=SC2086
        $cc $flags "$work"/out/*.c -I "$work/out" -o "$work/out/$name" $libraries || { failed "$options, $cc: it does not build"; continue; }
        "$work/out/$name" "$model/input.npy" "$model"/weights/*.npy --out "$work/ours" || { failed "$options, $cc: it does not run"; continue; }
        "$work/show_scores" "$work/ours.0.npy" "$model/output.npy" >"$work/scores" || { failed "$options, $cc: other scores"; cat "$work/scores"; }
    done
done
have clang || echo "(without clang, which is not installed)"
finish
