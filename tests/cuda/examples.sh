#!/bin/sh
# usage: examples.sh FUSEWRIGHT MAKE_INPUTS NPY_CLOSE
# The examples of this folder, generated for CUDA and run under the emulator in three orders of threads, agree with the evaluator.
# Then every barrier of two of them is taken out in turn, and some order must show it; and a call is captured in a graph.
. "$(dirname "$0")/../lib.sh"
tool=$1 make_inputs=$2 npy_close=$3
. "$tests/lib.sh"
for file in "$cuda"/*.hlo; do
    name=$(basename "$file" .hlo) dir=$work/$(basename "$file" .hlo)
    generate "$file" "$dir" "$name" && emulated "$dir" "$name" "$dir/main.c" program && prepare "$file" "$dir" || {
        failed "$name does not build"
        head -n 5 "$work/log"
        continue
    }
    for order in $orders; do
        agrees "$dir" program "$order" || { failed "$name in order $order"; head -n 3 "$work/log"; }
    done
done

# without NAME KERNEL N: the N-th barrier of a kernel is taken out
without() {
    dir=$work/$1-$3
    cp -r "$work/$1" "$dir"
    awk -v n="$3" '/__syncthreads\(\);/ && ++seen == n { next } { print }' "$work/$1/$1_$2.cu" >"$dir/$1_$2.cu"
    emulated "$dir" "$1" "$dir/main.c" program || { failed "$1 without barrier $3 does not build"; return; }
    for order in $orders; do
        agrees "$dir" program "$order" || return 0
    done
    failed "$1 without barrier $3 agrees in all orders: nobody would have seen it"
}
for name in softmax layer_norm; do
    kernel=$(basename "$(grep -l __syncthreads "$work/$name/$name"_*.cu | head -n 1)" .cu)
    count=$(grep -c '__syncthreads();' "$work/$name/$kernel.cu")
    [ "$count" -ge 3 ] || failed "$name has $count barriers"
    for n in $(seq "$count"); do
        without $name "${kernel#"${name}_"}" "$n"
    done
done

# Constants of a file, and constants that the caller passes.
for weights in blob caller; do
    dir=$work/mlp-$weights
    generate "$cuda/mlp.hlo" "$dir" mlp --weights $weights && emulated "$dir" mlp "$dir/main.c" program && prepare "$cuda/mlp.hlo" "$dir" \
        && agrees "$dir" program forward || { failed "mlp with --weights $weights"; head -n 5 "$work/log"; }
done

emulated "$work/softmax" softmax "$cuda/capture.c" capture && "$work/softmax/capture" >"$work/log" 2>&1 || {
    failed "a call captured in a graph"
    head -n 5 "$work/log"
}
finish
