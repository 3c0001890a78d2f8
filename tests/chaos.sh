#!/bin/sh
# Random rules: whatever they propose, what comes out is right. Each program is compiled under a few seeds and checked.
. "$(dirname "$0")/lib.sh"
tool=$1
seed=1
for name in softmax layer_norm attention mlp dot_epilogue max_pool heat reduce_columns transpose_reshape concatenate pad convolution_same \
    while_in_place gather_embedding reduce_siblings log_softmax; do
    for round in 1 2 3; do
        seed=$((seed + 7919))
        { echo "local seed = $seed"; cat "$tests/rules/chaos.lua"; } >"$work/chaos.lua"
        "$tool" check "$tests/kernel/$name.hlo" --cc gcc --rules "$work/chaos.lua" >"$work/log" 2>&1 || {
            failed "$name with seed $seed, round $round"
            tail -n 8 "$work/log"
        }
    done
done
finish
