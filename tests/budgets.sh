#!/bin/sh
# usage: budgets.sh FUSEWRIGHT
# The ten models of ../shared/models: no more kernels than XLA's optimised module, workspace within 1.5 times its temporary bytes and
# a MiB for packing, generated within two seconds and 500 MB.
. "$(dirname "$0")/lib.sh"
tool=$1
[ -d "$shared/models/exported" ] || skip "kernels, workspace and time of the ten models: ../shared is not there"
number() { sed -n "s/^  \"$1\": \([0-9]*\).*/\1/p" "$2" | head -n 1; }
for file in "$shared"/models/exported/*.hlo; do
    name=$(basename "$file" .hlo)
    row=$(grep "^| $name |" "$shared/models/README.md" | tr -d ' ,')
    most=$(echo "$row" | cut -d'|' -f5 | sed 's/[^0-9].*//')
    temporary=$(echo "$row" | cut -d'|' -f6)
    start=$(date +%s%N)
    (ulimit -v 512000 && exec "$tool" compile "$file" -o "$work/$name" --name "$name") || { failed "$name does not compile within 500 MB"; continue; }
    took=$((($(date +%s%N) - start) / 1000000))
    kernels=$(awk '/^  "kernels": \[/ { on = 1 } /^  \]/ { on = 0 } on && /^      "name": / { n++ } END { print n + 0 }' "$work/$name/$name.json")
    bytes=$(number workspace_bytes "$work/$name/$name.json")
    room=$((temporary * 3 / 2 + 1048576))
    echo "$name: $kernels kernels of $most, $bytes bytes of $room, $took ms"
    [ "$kernels" -gt 0 ] && [ "$kernels" -le "$most" ] || failed "$name has $kernels kernels, XLA has $most"
    [ "$bytes" -le "$room" ] || failed "$name needs $bytes bytes, more than $room"
    [ "$took" -le 2000 ] || failed "$name took $took ms to generate"
done
# A kernel's own stack stays under 16 KiB.
for name in gpt2_decode mlp_train_step resnet8; do
    mkdir -p "$work/stack"
    for source in "$work/$name"/*.c; do
        # shellcheck disable=SC2086
        gcc $flags -fstack-usage -c "$source" -I "$work/$name" -o "$work/stack/$(basename "$source" .c).o"
    done
    deepest=$(cat "$work"/stack/*.su | cut -f2 | sort -n | tail -n 1)
    echo "$name: at most $deepest bytes of stack in one function"
    [ "$deepest" -lt 16384 ] || failed "a kernel of $name puts $deepest bytes on the stack"
    rm -r "$work/stack"
done
# What fusion is for: one kernel each.
for name in softmax log_softmax layer_norm rms_norm gelu dot_epilogue; do
    "$tool" compile "$tests/kernel/$name.hlo" -o "$work/k_$name" --name k >/dev/null || { failed "$name does not compile"; continue; }
    kernels=$(awk '/^  "kernels": \[/ { on = 1 } /^  \]/ { on = 0 } on && /^      "name": / { n++ } END { print n + 0 }' "$work/k_$name/k.json")
    echo "$name: $kernels kernel"
    [ "$kernels" -eq 1 ] || failed "$name takes $kernels kernels"
done
finish
