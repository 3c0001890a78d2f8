#!/bin/sh
# The ten models of ../shared: generated within 2 s of processor time and 500 MB, no more kernels than XLA makes of them, and a
# workspace of at most 1.5 times XLA's plus 1 MiB.
. "$(dirname "$0")/lib.sh"
tool=$1
[ -d "$shared/models/exported" ] || skip "limits of the ten models: ../shared is not there"
for file in "$shared"/models/exported/*.hlo; do
    name=$(basename "$file" .hlo) dir=$work/$(basename "$file" .hlo)
    (
        ulimit -v 512000
        ulimit -t 3
        exec "$tool" compile "$file" -o "$dir" --name "$name"
    ) >"$work/log" 2>&1 || { failed "$name, or it takes more than 500 MB or 2 s"; head -n 3 "$work/log"; continue; }
    row=$(grep "^| $name |" "$shared/models/README.md" | tr -d ',' | awk -F'|' '{ print $5 + 0, $6 + 0 }')
    kernels=$(awk '/^  "kernels": \[/ { on = 1 } /^  \]/ { on = 0 } on && /^      "template": / { n++ } END { print n + 0 }' "$dir/$name.json")
    bytes=$(awk -F'[ ,]+' '/^  "workspace_bytes": / { print $3 }' "$dir/$name.json")
    echo "$name: $kernels kernels (XLA ${row% *}), workspace $bytes bytes (XLA ${row#* })"
    [ "$kernels" -le "${row% *}" ] || failed "$name: $kernels kernels, XLA has ${row% *}"
    [ $((2 * bytes)) -le $((3 * ${row#* } + 2097152)) ] || failed "$name: workspace of $bytes bytes, XLA has ${row#* }"
done
finish
