#!/bin/sh
# What is generated for CUDA compiles under nvcc without a warning.
. "$(dirname "$0")/lib.sh"
tool=$1
PATH=$PATH:/usr/local/cuda/bin
have nvcc || skip_but_in_ci "generated CUDA under nvcc, which is not installed"
for name in softmax layer_norm rms_norm gelu elementwise_f32 elementwise_s32 broadcast transpose reshape concatenate pad slice reduce_rows \
    reduce_columns reduce_full reduce_kinds reduce_window_max dot_epilogue mlp; do
    "$tool" compile "$tests/kernel/$name.hlo" -o "$work/$name" --name "$name" --target cuda-sm80 >"$work/log" 2>&1 || {
        failed "$name"
        head -n 3 "$work/log"
        continue
    }
    for file in "$work/$name"/*.cu; do
        nvcc -std=c++17 -arch=sm_80 -Xcompiler -Wall,-Wextra,-Werror -Werror all-warnings -I "$work/$name" -c "$file" -o "$work/object.o" \
            >"$work/log" 2>&1 || { failed "$(basename "$file") under nvcc"; head -n 5 "$work/log"; }
    done
done
finish
