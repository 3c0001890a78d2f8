#!/bin/sh
# usage: hot_loops.sh FUSEWRIGHT
# Disassembles the micro-kernel of generated contractions: where the machine has FMA the k loop must consist of FMAs on the widest
# vectors, and no accumulator may live on the stack. Both fail silently and cost 2x, see the comments in templates/c/contraction.c.
. "$(dirname "$0")/lib.sh"
tool=$1
have objdump || skip "disassembly of the hot loops: no objdump"
macros=$(gcc -march=native -dM -E -x c /dev/null)
case $macros in *__FMA__*) ;; *) skip "disassembly of the hot loops: this machine has no FMA" ;; esac
wide=ymm
case $macros in *__AVX512F__*) wide=zmm ;; esac
for name in dot_sizes convolution_same dot_epilogue mlp; do
    file=$tests/kernel/$name.hlo
    [ -f "$file" ] || continue
    "$tool" compile "$file" -o "$work/$name" --name "$name" >/dev/null
    for cc in gcc clang; do
        have $cc || continue
        for source in "$work/$name"/*.c; do
            grep -q '^WIDE static void multiply' "$source" || continue
            # shellcheck disable=SC2086
            $cc $flags -c "$source" -I "$work/$name" -o "$work/kernel.o"
            objdump -d --no-show-raw-insn "$work/kernel.o" | awk '/<multiply[^>]*>:$/ { on = 1 } /^$/ { on = 0 } on' >"$work/loop.s"
            fma=$(grep -c "vfmadd.*$wide" "$work/loop.s" || true)
            stack=$(grep -c '%[yz]mm.*(%rsp\|%[yz]mm.*(%rbp\|(%rsp.*%[yz]mm\|(%rbp.*%[yz]mm' "$work/loop.s" || true)
            echo "$(basename "$source") $cc: $fma FMAs on $wide, $stack vectors on the stack"
            [ "$fma" -ge 4 ] || failed "$(basename "$source") with $cc has $fma FMAs on $wide in its k loop"
            [ "$stack" -eq 0 ] || failed "$(basename "$source") with $cc keeps $stack vectors on the stack"
        done
    done
done
finish
