#!/bin/sh
# The kernels that NAME.json lists are those that are there: each is one call in the driver; each function that is called has a file of
# its own, and makes one pass over the tiles at most (a second one would be a kernel of its own; a single tile needs no loop).
. "$(dirname "$0")/lib.sh"
tool=$1
for file in "$tests"/models/*.hlo "$tests"/models/*/*.hlo "$tests"/kernel/*.hlo; do
    name=$(basename "$file" .hlo) dir=$work/out
    rm -rf "$dir"
    "$tool" compile "$file" -o "$dir" --name "$name" --parallel pthreads >"$work/log" 2>&1 || { failed "$name"; head -n 3 "$work/log"; continue; }
    listed=$(awk '/^  "kernels": \[/ { on = 1 } /^  \]/ { on = 0 } on && /^      "template": / { n++ } END { print n + 0 }' "$dir/$name.json")
    listed_files=$(sed -n 's/^      "file": "\(.*\)",$/\1/p' "$dir/$name.json" | sort -u)
    files=$(cd "$dir" && find . -name "${name}_*.c" | sed 's|^\./||' | sort)
    calls=$(grep -c "const ${name}_[A-Za-z0-9_]*_args call = {" "$dir/$name.c" || true)
    [ "$listed" -eq "$calls" ] || failed "$name: $listed kernels in the manifest, $calls calls in the driver"
    [ "$listed_files" = "$files" ] || failed "$name: the manifest lists other files than there are"
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
