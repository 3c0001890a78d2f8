#!/bin/sh
# NAME.json fits its schema and tells the truth about the folder it is in.
. "$(dirname "$0")/lib.sh"
tool=$1
have python3 || skip "the schema of NAME.json: python3 is not installed"
set --
for file in "$tests"/models/*.hlo "$tests"/models/*/*.hlo "$tests"/kernel/*.hlo; do
    name=$(basename "$file" .hlo)
    "$tool" compile "$file" -o "$work/$name" --name "$name" >"$work/log" 2>&1 || { failed "$name"; head -n 3 "$work/log"; continue; }
    set -- "$@" "$work/$name"
done
"$tool" compile "$tests/kernel/constants.hlo" -o "$work/blob/constants" --name constants --weights blob
python3 "$tests/tools/check_manifest.py" "$tests/schema/manifest.schema.json" "$@" "$work/blob/constants" || failed "see above"
finish
