#!/bin/sh
# usage: stablehlo_models.sh FUSEWRIGHT
# Each model of ../shared was exported as HLO and as StableHLO: both must become as many kernels, of the same ops.
. "$(dirname "$0")/lib.sh"
tool=$1
models=$shared/models/exported
[ -d "$models" ] || skip "ten models as StableHLO: ../shared is not there"
kernels() { sed -nE 's/^ *"template": *//p' "$1"; }
for name in anomaly_autoencoder heat_stencil kws_dscnn lstm mlp_train_step mobilenet_v1_025 resnet8; do
    for kind in hlo mlir; do
        "$tool" compile "$models/$name.$kind" -o "$work/$kind" --name m --force 2>"$work/log" ||
            { failed "$name.$kind"; cat "$work/log"; continue 2; }
        kernels "$work/$kind/m.json" | sort >"$work/$kind.kernels"
    done
    cmp -s "$work/hlo.kernels" "$work/mlir.kernels" || failed "$name: other kernels from StableHLO than from HLO"
    echo "$name: $(wc -l <"$work/mlir.kernels") kernels"
done
for name in gpt2_decode gpt2_prefill resnet50; do
    "$tool" print "$models/$name.mlir" >"$work/print" 2>"$work/log" || { failed "$name.mlir"; cat "$work/log"; }
done
finish
