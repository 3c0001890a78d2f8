#!/bin/sh
# usage: guard.sh FUSEWRIGHT MODEL
# A model of ../shared/models with every buffer against pages that may not be touched, the workspace poisoned; then the same under
# ASan and UBSan. The model that the project carries is always run.
. "$(dirname "$0")/lib.sh"
tool=$1 name=$2
file=$tests/models/$name/$name.hlo
[ -f "$file" ] || file=$shared/models/exported/$name.hlo
[ -f "$file" ] || skip "guard pages around $name: ../shared is not there"
"$tool" compile "$file" -o "$work/out" --name "$name" --parallel pthreads
# The tables of inputs and outputs, from NAME.json.
awk -v name="$name" '
    BEGIN { printf "#include \"%s.h\"\n#define MODEL(word) %s_##word\n", name, name }
    /^  "inputs": \[/ { kind = "INPUT"; printf "#define INPUTS" }
    /^  "outputs": \[/ { kind = "OUTPUT"; printf "#define OUTPUTS" }
    kind && /^    \{"name": / {
        split($0, part, "\"")
        count = 1
        sub(/.*"shape": \[/, ""); sub(/\].*/, "")
        n = split($0, dims, ",")
        for (i = 1; i <= n; i++) count *= dims[i]
        printf " %s(%s, %s, %d)", kind, part[4], part[8], count
    }
    kind && /^  \]/ { kind = ""; printf "\n" }
' "$work/out/$name.json" >"$work/table.h"
grep -q ' OUTPUT(' "$work/table.h" || { echo "FAILED: $name.json is not as this script expects it"; exit 1; }
build() {
    label=$1
    shift
    # shellcheck disable=SC2086
    gcc -std=c11 -D_GNU_SOURCE -Wall -Wextra -I "$work/out" -I "$work" -DGUARD_TABLE='"table.h"' "$@" "$tests/tools/guard_main.c" \
        "$work"/out/*.c -o "$work/guard_$label" $libraries || { failed "$name does not build for $label"; return 0; }
    "$work/guard_$label" || failed "$name: $label"
}
build guard_pages -O3 -march=native
build sanitizers -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
finish
