#!/bin/sh
# Rules that fail may be skipped, and rules that only decide strangely give strange but right code.
. "$(dirname "$0")/lib.sh"
tool=$1
for name in rule_raise rule_wrong_type; do
    "$tool" compile "$tests/kernel/softmax.hlo" -o "$work/$name" --name m --rules "$tests/error/$name.lua" --rules-on-error skip 2>"$work/stderr" || {
        failed "$name with --rules-on-error skip"
        cat "$work/stderr"
    }
    grep -q "warning: " "$work/stderr" || failed "$name is skipped without a word"
done
for name in rule_nonsense rule_strange_tiles; do
    "$tool" check "$tests/kernel/softmax.hlo" --cc gcc --rules "$tests/error/$name.lua" >"$work/log" 2>&1 || { failed "$name"; tail -n 5 "$work/log"; }
done
"$tool" explain "$tests/kernel/softmax.hlo" --rules "$tests/error/rule_nonsense.lua" >"$work/log"
grep -q "refused *r, leaves_a_hole" "$work/log" || { failed "explain does not tell of the refusal"; grep -n hole "$work/log"; }
"$tool" rules check "$root/rules" >"$work/log" 2>&1 || { failed "the shipped rules"; cat "$work/log"; }
status=0
"$tool" rules check "$tests/error/rule_syntax.lua" >"$work/log" 2>&1 || status=$?
[ "$status" -eq 5 ] || failed "rules check of a broken file: exit $status"
finish
