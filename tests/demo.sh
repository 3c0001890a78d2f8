#!/bin/sh
# usage: demo.sh FUSEWRIGHT DIR
# Compiles the keyword-spotting model that the project carries into DIR, builds it with the system's compiler, runs it, and compares
# its scores with those that JAX gave for the same input.
set -eu
tool=$1 out=$2
here=$(cd "$(dirname "$0")" && pwd)
model=$here/models/kws_dscnn
cc=$(command -v cc || command -v gcc)
step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || step() { printf '\n%s\n' "$*"; }
# Shows a command as one would type it, and runs it.
show() {
    echo "  \$ $*" | sed "s|$here/|tests/|g; s|$out|kws|g; s|$tool|fusewright|; s|$cc|cc|; s|\(weights/01.npy\).*\(weights/47.npy\)|\1 ... \2|"
    "$@"
}

mkdir -p "$out"
step "A model of 138 HLO operations, as JAX printed it, becomes C:"
rm -rf "$out/kws_dscnn"
show "$tool" compile "$model/kws_dscnn.hlo" -o "$out/kws_dscnn" --name kws_dscnn --with-main
step "The kernels, and the rule that made each:"
"$tool" explain "$model/kws_dscnn.hlo" | awk '
    / kernels? for target / { gsub(/,$/, ""); head = $0 }
    /^[A-Za-z_0-9]+: template / { name = $1; sub(/:$/, "", name); template = $3; sub(/,$/, "", template); shape = $5; n++ }
    /^    rule / { why = $0; rule = $2; sub(/^[^:]*:[0-9]*: */, "", why); sub(/; may .*/, "", why)
        printf "  %-28s %-12s %-18s %s: %s\n", name, template, shape, rule, why }
    END { print "  " n " kernels" }'
step "The system's compiler builds it, with every warning an error:"
# shellcheck disable=SC2046
show "$cc" -std=c11 -O3 -march=native -Wall -Wextra -Werror "$out"/kws_dscnn/*.c -I "$out/kws_dscnn" -o "$out/kws_dscnn/kws_dscnn" -lm -lpthread
step "It runs on an input that was recorded with JAX's output:"
# shellcheck disable=SC2046
show "$out/kws_dscnn/kws_dscnn" "$model/input.npy" "$model"/weights/*.npy --out "$out/scores"
"$cc" -std=c11 -O1 "$here/tools/show_scores.c" -o "$out/show_scores" -lm
"$out/show_scores" "$out/scores.0.npy" "$model/output.npy"
step "Memory and time:"
awk -F'[ ,:]+' '
    /"workspace_bytes":/ { w = $3 } /"workspace_bytes_per_thread":/ { t = $3 } /"constants_bytes":/ { c = $3 }
    END { printf "  workspace %d bytes, %d of them scratch of a thread; no malloc\n", w, t }' "$out/kws_dscnn/kws_dscnn.json"
"$out/kws_dscnn/kws_dscnn" "$model/input.npy" "$model"/weights/*.npy --time 200 | sed 's/^/  one inference, one thread: /'
printf '\nThe source is in %s/kws_dscnn; begin with kws_dscnn.h and kws_dscnn.c.\n' "$out"
