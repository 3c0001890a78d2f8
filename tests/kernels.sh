#!/bin/sh
# The kernels that NAME.json lists are those that are there: one function and one file each, called once in the driver, one pass over
# the tiles at most (a second one would be a kernel of its own; a kernel of a single tile needs no loop).
. "$(dirname "$0")/lib.sh"
tool=$1
for file in "$tests"/models/*.hlo "$tests"/models/*/*.hlo "$tests"/kernel/*.hlo; do
    name=$(basename "$file" .hlo) dir=$work/out
    rm -rf "$dir"
    "$tool" compile "$file" -o "$dir" --name "$name" --parallel pthreads >"$work/log" 2>&1 || { failed "$name"; head -n 3 "$work/log"; continue; }
    listed=$(awk '/^  "kernels": \[/ { on = 1 } /^  \]/ { on = 0 } on && /^      "template": / { n++ } END { print n + 0 }' "$dir/$name.json")
    files=$(find "$dir" -name "${name}_*.c" | wc -l)
    calls=$(grep -c "const ${name}_[A-Za-z0-9_]*_args call = {" "$dir/$name.c" || true)
    [ "$listed" -eq "$calls" ] || failed "$name: $listed kernels in the manifest, $calls calls in the driver"
    [ "$listed" -eq "$files" ] || failed "$name: $listed kernels in the manifest, $files files"
    barriers=$(grep -c "^ *${name}_sync(team, threads);" "$dir/$name.c" || true)
    [ "$barriers" -le $((2 * listed + 2)) ] || failed "$name: $barriers barriers for $listed kernels"
    for kernel in "$dir/${name}"_*.c; do
        [ -f "$kernel" ] || continue
        functions=$(grep -cE "^void ${name}_[A-Za-z0-9_]*\(const void \*args, void \*scratch, int64_t begin, int64_t end\)" "$kernel" || true)
        passes=$(grep -cE '= begin; [a-z_0-9]+ < end; ' "$kernel" || true)
        [ "$functions" -eq 1 ] || failed "$(basename "$kernel"): $functions kernel functions"
        [ "$passes" -le 1 ] || failed "$(basename "$kernel"): $passes passes over the tiles"
    done
done
finish
