#!/bin/sh
# usage: examples.sh FUSEWRIGHT [--accept]
# out/ holds what a user would commit. It is generated again and compared byte for byte; --accept writes it anew.
. "$(dirname "$0")/lib.sh"
tool=$1
generate() {
    cd "$root" # the paths in out/README.md are those from the root
    "$tool" compile tests/models/kws_dscnn/kws_dscnn.hlo -o "$1/kws_dscnn" --name kws_dscnn --with-main
    "$tool" compile tests/models/softmax.hlo -o "$1/softmax" --name softmax
    "$tool" compile tests/models/mlp.hlo -o "$1/mlp" --name mlp --parallel pthreads
}
if [ "${2:-}" = --accept ]; then
    rm -rf "$root/out/kws_dscnn" "$root/out/softmax" "$root/out/mlp"
    generate "$root/out"
    exit 0
fi
generate "$work/out"
for name in kws_dscnn softmax mlp; do
    diff -r "$root/out/$name" "$work/out/$name" >"$work/diff" || {
        failed "out/$name is not what is generated now; './fw accept' writes it anew"
        head -n 40 "$work/diff"
    }
done
finish
