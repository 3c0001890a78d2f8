#!/bin/sh
# Shared by the scripts of tests/cuda/, after tests/lib.sh: builds generated CUDA with the emulator and compares results.
cuda=$tests
tests=$(cd "$cuda/.." && pwd)
root=$(cd "$tests/.." && pwd)
shared=$root/../shared
orders="forward reverse random:3"
PATH=$PATH:/usr/local/cuda/bin
have g++ || skip_but_in_ci "generated CUDA under the emulator: g++ is not installed"

# The emulator, compiled once: reading its headers takes longer than the kernels.
emulator_flags="-std=c++17 -O1 -Wall -Wextra -Werror"
mkdir "$work/emulator"
cp -r "$cuda/fw_emu.h" "$cuda/include" "$work/emulator"
g++ $emulator_flags -x c++-header "$work/emulator/fw_emu.h" -o "$work/emulator/fw_emu.h.gch"

# generate FILE.hlo FOLDER NAME [OPTION...]
generate() {
    generate_file=$1 generate_folder=$2 generate_name=$3
    shift 3
    "$tool" compile "$generate_file" -o "$generate_folder" --name "$generate_name" --target cuda-sm80 --with-main --force "$@" \
        >"$work/log" 2>&1
}

# one_file FOLDER: all sources of a folder as one, so that headers are read once
one_file() {
    for text in "$1"/*.cu; do
        case $text in */all.cu) ;; *) echo "#include \"$text\"" ;; esac
    done >"$1/all.cu"
}

# emulated FOLDER NAME MAIN.c PROGRAM
emulated() {
    one_file "$1"
    g++ $emulator_flags -x c++ -include "$work/emulator/fw_emu.h" "-D$2_LAUNCH=FW_LAUNCH" "-D$2_SHARED=FW_SHARED" -I "$1" \
        -c "$1/all.cu" -o "$1/all.o" >"$work/log" 2>&1 &&
        gcc -std=c11 -O1 -Wall -Wextra -Werror -I "$cuda/include" -I "$1" -c "$3" -o "$1/main.o" >>"$work/log" 2>&1 &&
        g++ "$1/all.o" "$1/main.o" -o "$1/$4" -lm >>"$work/log" 2>&1
}

# prepare FILE.hlo FOLDER: inputs in.*.npy, their names in inputs, and what the evaluator makes of them in expected.*.npy
prepare() {
    "$make_inputs" "$1" "$2/in" >"$2/inputs" && "$tool" run "$1" $(cat "$2/inputs") -o "$2/expected" >"$work/log" 2>&1
}

# agrees FOLDER PROGRAM ORDER: runs it under the emulator; its messages go to the log
agrees() {
    FW_EMU_ORDER=$3 "$1/$2" $(cat "$1/inputs") --out "$1/out" >"$work/log" 2>&1 && "$npy_close" "$1/out" "$1/expected" >>"$work/log"
}
