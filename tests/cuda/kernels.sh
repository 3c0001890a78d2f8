#!/bin/sh
# usage: kernels.sh FUSEWRIGHT MAKE_INPUTS NPY_CLOSE
# All programs of tests/kernel that the CUDA backend accepts agree with the evaluator under the emulator, threads in random order;
# the others are refused by name.
. "$(dirname "$0")/../lib.sh"
tool=$1 make_inputs=$2 npy_close=$3
. "$tests/lib.sh"
refused="conditional while_nested while_unknown"
ran=0
for file in "$tests"/kernel/*.hlo; do
    name=$(basename "$file" .hlo) dir=$work/$(basename "$file" .hlo) status=0
    generate "$file" "$dir" "$name" || status=$?
    case " $refused " in
    *" $name "*)
        [ "$status" -eq 6 ] && grep -q 'the CUDA backend cannot run' "$work/log" || failed "$name is not refused by name"
        continue ;;
    esac
    if [ "$status" -eq 6 ] && ! "$tool" compile "$file" -o "$dir" --force >/dev/null 2>&1; then
        continue # the C backend has no way to write it either
    fi
    [ "$status" -eq 0 ] && emulated "$dir" "$name" "$dir/main.c" program && prepare "$file" "$dir" || {
        failed "$name does not build"
        head -n 5 "$work/log"
        continue
    }
    ran=$((ran + 1))
    agrees "$dir" program random:5 || { failed "$name"; head -n 3 "$work/log"; }
    rm -r "$dir"
done
[ "$ran" -ge 60 ] || failed "only $ran programs were run"
finish
