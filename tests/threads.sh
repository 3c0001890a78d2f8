#!/bin/sh
# usage: threads.sh FUSEWRIGHT MAKE_INPUTS
# The same bits for every number of threads: programs of several kernels, run with 1, 2, 3 and 7.
. "$(dirname "$0")/lib.sh"
tool=$1 make_inputs=$2
for name in attention heat layer_norm mlp reduce_columns reduce_full max_pool convolution_same dot_sizes while_in_place while_unknown conditional scatter_add; do
    file=$tests/kernel/$name.hlo dir=$work/$name
    "$tool" compile "$file" -o "$dir" --name "$name" --with-main >"$work/log" 2>&1 &&
        gcc $flags "$dir"/*.c -I "$dir" -o "$dir/program" $libraries >"$work/log" 2>&1 || {
        failed "$name does not build"
        head -n 5 "$work/log"
        continue
    }
    inputs=$("$make_inputs" "$file" "$dir/in")
    for threads in 1 2 3 7; do
        # shellcheck disable=SC2086
        "$dir/program" $inputs --out "$dir/t$threads" --threads "$threads" || failed "$name with $threads threads"
        for out in "$dir"/t1.*.npy; do
            number=${out##*/t1.}
            cmp -s "$out" "$dir/t$threads.$number" || failed "$name: $number differs with $threads threads"
        done
    done
done
finish
