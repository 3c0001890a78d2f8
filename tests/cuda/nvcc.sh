#!/bin/sh
# usage: nvcc.sh FUSEWRIGHT
# nvcc compiles what is generated without a warning, and no kernel spills registers or has a stack frame: the examples of this folder,
# some programs of tests/kernel, and two models. The templates compile unfilled, and so does the main program.
. "$(dirname "$0")/../lib.sh"
tool=$1
. "$tests/lib.sh"
have nvcc || skip_but_in_ci "generated CUDA under nvcc, which is not installed"
flags="-arch=sm_80 -std=c++17 -Werror all-warnings -Xcompiler -Wall,-Wextra,-Werror -Xptxas -v"
programs="scatter_add gather_embedding reduce_kinds reduce_window_max max_pool narrow_floats convolution_same attention while_in_place
    elementwise_s32 elementwise_narrow dynamic_update_slice_in_place concatenate pad"
for file in "$cuda"/*.hlo $(for name in $programs; do echo "$tests/kernel/$name.hlo"; done) \
    "$shared"/models/exported/kws_dscnn.hlo "$shared"/models/exported/anomaly_autoencoder.hlo; do
    [ -f "$file" ] || continue
    name=$(basename "$file" .hlo)
    generate "$file" "$work/$name" "$name" || { failed "$name"; head -n 3 "$work/log"; continue; }
    one_file "$work/$name"
    echo "#include \"$work/$name/all.cu\"" >>"$work/everything.cu"
done
nvcc $flags -c "$work/everything.cu" -o "$work/everything.o" >"$work/log" 2>&1 || { failed "nvcc complains"; grep -v ptxas "$work/log" | head -n 10; }
kernels=$(grep -c 'bytes stack frame' "$work/log" || true)
clean=$(grep -c '^ *0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads' "$work/log" || true)
[ "$kernels" -ge 20 ] && [ "$kernels" -eq "$clean" ] || failed "$((kernels - clean)) of $kernels kernels spill registers or use a stack"

for file in "$root"/templates/cuda/*.cu; do
    nvcc -arch=sm_80 -std=c++17 -Werror all-warnings -c "$file" -o "$work/object.o" >"$work/log" 2>&1 || {
        failed "$(basename "$file") unfilled"
        head -n 5 "$work/log"
    }
done
for file in "$root/templates/cuda/main_device.c" "$work/softmax/main.c" "$cuda/capture.c"; do
    nvcc -Xcompiler -std=c11,-Wall,-Wextra,-Werror -I "$work/softmax" -c "$file" -o "$work/object.o" >"$work/log" 2>&1 || {
        failed "$(basename "$file") under nvcc"
        head -n 5 "$work/log"
    }
done
finish
