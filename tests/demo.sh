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
    echo "  \$ $*" | sed "s|$here/|tests/|g; s|$out/||g; s|$tool|fusewright|; s|$cc|cc|; s|\(weights/01.npy\).*\(weights/47.npy\)|\1 ... \2|"
    "$@"
}

mkdir -p "$out"
step "A model of $(grep -c ' = ' "$model/kws_dscnn.hlo") HLO instructions, as JAX printed it, becomes C:"
rm -rf "$out/kws"
show "$tool" compile "$model/kws_dscnn.hlo" -o "$out/kws" --name kws_dscnn --with-main
step "The kernels, and the rule that made each:"
"$tool" explain "$model/kws_dscnn.hlo" | awk '
    match($0, /: template /) && !/^ / {
        name = $1
        sub(/:$/, "", name)
        split(substr($0, RSTART + RLENGTH), word, / |, /)
        if (!(name in times)) order[++functions] = name
        times[name]++
        kernels++
        template[name] = word[1]
        shape[name] = word[3]
    }
    /^    rule / && times[name] == 1 {
        rule[name] = $2
        sub(/^[^:]*:[0-9]*: */, "")
        sub(/; may .*/, "")
        why[name] = $0
    }
    END {
        for (i = 1; i <= functions; i++) {
            n = order[i]
            printf "  %-26s %s x %-11s %-16s %s: %s\n", n, times[n], template[n], shape[n], rule[n], why[n]
        }
        printf "  %d kernels, %d functions; layers that are alike share their code\n", kernels, functions
    }'
step "The system's compiler builds it, with every warning an error:"
echo '  $ cc -std=c11 -O3 -march=native -Wall -Wextra -Werror kws/*.c -I kws -o kws/kws_dscnn -lm -lpthread'
"$cc" -std=c11 -O3 -march=native -Wall -Wextra -Werror "$out"/kws/*.c -I "$out/kws" -o "$out/kws/kws_dscnn" -lm -lpthread
step "It runs on an input that was recorded with JAX's output:"
show "$out/kws/kws_dscnn" "$model/input.npy" "$model"/weights/*.npy --out "$out/scores"
"$cc" -std=c11 -O1 "$here/tools/show_scores.c" -o "$out/show_scores" -lm
"$out/show_scores" "$out/scores.0.npy" "$model/output.npy"
step "Memory and time:"
awk -F'[ ,:]+' '
    /"workspace_bytes":/ { w = $3 } /"workspace_bytes_per_thread":/ { t = $3 }
    END { printf "  workspace %d bytes, %d of them scratch of the thread, known when the code is generated; no malloc\n", w, t }' "$out/kws/kws_dscnn.json"
"$out/kws/kws_dscnn" "$model/input.npy" "$model"/weights/*.npy --time 200 | sed 's/^/  one inference, one thread: /'
printf '\nThe source is in %s/kws; begin with kws_dscnn.h and kws_dscnn.c.\n' "$out"
