#!/bin/sh
# What is promised of generated source: no globals, no malloc, nothing but the C library's functions, one prefix, a small stack, a
# refusal of -ffast-math, two models in one program, and project files that build.
. "$(dirname "$0")/lib.sh"
tool=$1
for name in kws_dscnn/kws_dscnn mlp; do
    "$tool" compile "$tests/models/$name.hlo" -o "$work/$(basename "$name")" --name "$(basename "$name")" --with-main
done
for name in attention convolution_layouts constants while_unknown scatter_add reduce_window_max; do
    "$tool" compile "$tests/kernel/$name.hlo" -o "$work/$name" --name "$name"
done
for dir in "$work"/*/; do
    name=$(basename "$dir")
    mkdir "$dir/objects"
    for file in "$dir"/*.c; do
        [ "$(basename "$file")" != main.c ] || continue
        # shellcheck disable=SC2086
        gcc $flags -Wframe-larger-than=16384 -c "$file" -I "$dir" -o "$dir/objects/$(basename "$file" .c).o" 2>"$work/log" || {
            failed "$(basename "$file"), with a stack of at most 16 KiB"
            head -n 3 "$work/log"
        }
    done
    size -A "$dir"/objects/*.o | awk '($1 == ".data" || $1 == ".bss") && $2 > 0 { bad = 1 } END { exit bad }' || failed "$name has globals"
    nm -g --defined-only "$dir"/objects/*.o | awk -v name="${name}_" 'NF == 3 && index($3, name) != 1 { print; bad = 1 } END { exit bad }' ||
        failed "$name defines symbols without its prefix"
    nm -u "$dir"/objects/*.o | awk -v name="${name}_" '
        NF == 2 && index($2, name) != 1 && $2 !~ /^(mem(cpy|set|move)|pthread_(create|join)|sched_yield|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|[a-z0-9]+f?)$/ { print; bad = 1 }
        $2 ~ /^(malloc|calloc|realloc|free|printf|fopen|abort|exit)$/ { print; bad = 1 }
        END { exit bad }' || failed "$name calls what it should not"
    ! grep -lE '(^|[^a-z])/(home|root|tmp|usr|work)/' "$dir"/* 2>/dev/null || failed "$name holds an absolute path"
done
gcc -std=c11 -O2 -ffast-math -c "$work/mlp/mlp_kernels.h" -o "$work/log" 2>"$work/stderr" && failed "-ffast-math is accepted"
grep -q ffast-math "$work/stderr" || failed "-ffast-math is refused without saying so"

# Two models in one program, from C++ where there is a C++ compiler.
cat >"$work/both.c" <<'EOF'
#include "kws_dscnn.h"
#include "mlp.h"
int main(void)
{
    return kws_dscnn_run(0, 0, 0) != kws_dscnn_ERROR_NULL || mlp_run(0, 0, 0) != mlp_ERROR_NULL;
}
EOF
gcc -std=c11 -Wall -Wextra -Werror "$work/both.c" "$work"/kws_dscnn/objects/*.o "$work"/mlp/objects/*.o -I "$work/kws_dscnn" -I "$work/mlp" \
    -o "$work/both" $libraries && "$work/both" || failed "two models in one program"

# The project files of the output.
make -s -C "$work/mlp" >"$work/log" 2>&1 && [ -x "$work/mlp/mlp" ] || { failed "Makefile"; tail -n 5 "$work/log"; }
cmake -S "$work/kws_dscnn" -B "$work/cmake" >"$work/log" 2>&1 && cmake --build "$work/cmake" >"$work/log" 2>&1 && [ -x "$work/cmake/kws_dscnn" ] || {
    failed "CMakeLists.txt"
    tail -n 5 "$work/log"
}
finish
