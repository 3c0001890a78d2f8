#!/bin/sh
# Command lines that are wrong, or name what is not built yet: exit 2, a message, nothing on standard output.
. "$(dirname "$0")/lib.sh"
tool=$1
file=$tests/models/softmax.hlo
# usage WORDS ARGUMENTS...
usage() {
    words=$1 status=0
    shift
    "$tool" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
    [ "$status" -eq 2 ] || failed "exit $status, not 2: fusewright $*"
    grep -qF -- "$words" "$work/stderr" || { failed "no message says '$words': fusewright $*"; sed 's/^/    /' "$work/stderr"; }
    ! [ -s "$work/stdout" ] || failed "something was printed: fusewright $*"
}
works() { "$tool" "$@" >"$work/stdout" 2>"$work/stderr" || failed "fusewright $*"; [ -s "$work/stdout" ] || failed "nothing was printed: fusewright $*"; }

usage "no command"
usage "did you mean 'compile'" compiel "$file"
usage "unknown command 'x'" x
usage "needs -o DIR" compile "$file"
usage "usage: fusewright compile IN -o DIR" compile -o "$work/out"
usage "one word too many" compile "$file" "$file" -o "$work/out"
usage "did you mean '--with-main'" compile "$file" -o "$work/out" --with-mian
usage "--name needs a value" compile "$file" -o "$work/out" --name
usage "unknown value of --numerics" compile "$file" -o "$work/out" --numerics loose
usage "no C identifier" compile "$file" -o "$work/out" --name 3d
usage "no target" compile "$file" -o "$work/out" --target cray
usage "did you mean" print "$file" --after fodl
usage "there is no pass" print "$file" --after xyzzy
usage "rules check|test PATH" rules paint "$file"
usage "did you mean" explain "$file" --op div.77
# What DESIGN gives to later work says so.
usage "not built yet" compile "$file" -o "$work/out" --arena 4096
usage "not built yet" compile "$file" -o "$work/out" --frozen
usage "not built yet" compile "$file" -o "$work/out" --parallel openmp
usage "not built yet" compile "$file" -o "$work/out" --constant w=w.npy
usage "not built yet" compile "$file" -o "$work/out" --bind n=4
usage "not built yet" explain "$file" --diff "$work"
usage "not built yet" verify "$work"
usage "not built yet" reduce "$file"
usage "not built yet" rules test "$work"
! [ -e "$work/out" ] || failed "something was written"

works --help
works compile --help
works help check
works --version
works ops
works targets
works print "$file" --format dot
works print "$file" --format stablehlo
works print "$file" --format html
works explain "$file"
for phase in module simplified plan schedule program; do
    works compile "$file" --dump "$phase"
done

# The generated program: wrong inputs and command lines.
"$tool" compile "$tests/kernel/clamp.hlo" -o "$work/clamp" --name clamp --with-main
# shellcheck disable=SC2086
gcc $flags "$work"/clamp/*.c -I "$work/clamp" -o "$work/clamp/clamp" $libraries
"$tool" compile "$tests/kernel/clamp.hlo" -o "$work/single" --name clamp --with-main --parallel none
# shellcheck disable=SC2086
gcc $flags "$work"/single/*.c -I "$work/single" -o "$work/single/clamp" $libraries
inputs=$("$2" "$tests/kernel/clamp.hlo" "$work/in")
set -- $inputs
# program STATUS WORDS PROGRAM ARGUMENTS...
program() {
    wanted=$1 words=$2 binary=$3 status=0
    shift 3
    "$binary" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
    [ "$status" -eq "$wanted" ] || { failed "exit $status, not $wanted: $binary $*"; cat "$work/stderr"; }
    [ -z "$words" ] || grep -qF -- "$words" "$work/stderr" || { failed "no message says '$words': $binary $*"; sed 's/^/    /' "$work/stderr"; }
}
program 0 "" "$work/clamp/clamp" "$@" --out "$work/o" --threads 2
program 1 "x" "$work/clamp/clamp" "$2" "$2" "$3" "$4" "$5"
program 1 "high" "$work/clamp/clamp" "$1"
program 1 "" "$work/clamp/clamp" "$@" "$1"
program 3 "absent.npy" "$work/clamp/clamp" "$work/absent.npy" "$2" "$3" "$4" "$5"
program 3 "" "$work/clamp/clamp" "$file" "$2" "$3" "$4" "$5"
program 2 "--fast" "$work/clamp/clamp" "$@" --fast
program 2 "" "$work/single/clamp" "$@" --threads 2
program 3 "" "$work/clamp/clamp" "$@" --out "$work/no/such/folder"
"$work/clamp/clamp" "$@" --time 3 >"$work/stdout"
grep -qxE 'median_ms=[0-9.]+ min_ms=[0-9.]+ runs=3' "$work/stdout" || failed "--time prints '$(cat "$work/stdout")'"
[ "$(wc -l <"$work/stdout")" -eq 1 ] || failed "--time prints more than one line"
# A device that is not in this machine: its source can be written, not run.
status=0
"$tool" check "$file" --target cuda-sm80 >"$work/out.txt" 2>"$work/err.txt" || status=$?
[ "$status" -eq 6 ] && grep -q "does not run on it" "$work/err.txt" || failed "check --target cuda-sm80 ends with $status"
finish
