#!/bin/sh
# For a machine with a GPU, which our own tests do not need:
#
#     gpu.sh prepare FOLDER FUSEWRIGHT MAKE_INPUTS     anywhere: sources, inputs and what the evaluator makes of them
#     FOLDER/gpu.sh run [ARCH]                         with nvcc and a GPU, nothing else of fusewright: ARCH is sm_80 unless said
#
# It builds all examples, runs each twice (the bits must be equal), compares with the evaluator, runs the small ones under
# compute-sanitizer where that is installed (memcheck, racecheck, initcheck), and captures a call in a CUDA graph.
set -eu
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
kernels="attention broadcast concatenate convolution_same dot_batch dot_epilogue dot_sizes dynamic_update_slice_in_place
    elementwise_s32 gather_embedding heat max_pool narrow_floats pad reduce_columns reduce_full reduce_kinds reduce_rows scatter_add
    scatter_set transpose while_in_place while_swap"
models="anomaly_autoencoder kws_dscnn resnet8 heat_stencil mlp_train_step"

prepare_one() {
    name=$(basename "$1" .hlo) dir=$folder/$2$(basename "$1" .hlo)
    [ -f "$1" ] || return 0
    "$fusewright" compile "$1" -o "$dir" --name "$name" --target cuda-sm80 --with-main --force
    "$make_inputs" "$1" "$dir/in" >/dev/null
    (cd "$dir" && i=0 && while [ -f "in.$i.npy" ]; do echo "in.$i.npy"; i=$((i + 1)); done >inputs)
    (cd "$dir" && "$fusewright" run "$1" $(cat inputs) -o expected >/dev/null)
    echo "$name" >"$dir/name"
    echo "prepared $2$name"
}

prepare() {
    mkdir -p "$1"
    folder=$(cd "$1" && pwd) fusewright=$2 make_inputs=$3
    cp "$here/gpu.sh" "$here/capture.c" "$here/../tools/npy_close.c" "$folder"
    for file in "$here"/*.hlo; do
        prepare_one "$file" ""
    done
    for kernel in $kernels; do
        prepare_one "$here/../kernel/$kernel.hlo" kernel_
    done
    for model in $models; do
        prepare_one "$here/../../../shared/models/exported/$model.hlo" model_
    done
}

problem() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# Only programs that end soon: the tools slow kernels down a hundred times.
sanitize() {
    case $1 in model_*) return 0 ;; esac
    for check in memcheck racecheck initcheck; do
        compute-sanitizer --tool $check --error-exitcode 9 "./$2" $(cat inputs) --out sanitized >sanitizer.log 2>&1 ||
            problem "$1 under compute-sanitizer --tool $check: see $1/sanitizer.log"
    done
}

run_one() {
    name=$(cat name)
    make ARCH="$arch" >build.log 2>&1 || { problem "$1 does not build: see $1/build.log"; return; }
    "./$name" $(cat inputs) --out out --time 20 >time.log 2>&1 || { problem "$1: $(head -n 1 time.log)"; return; }
    "./$name" $(cat inputs) --out again || problem "$1 in its second run"
    ../npy_close out expected || problem "$1 differs from the evaluator"
    for file in out.*.npy; do
        cmp -s "$file" "again.${file#out.}" || problem "$1: the bits of $file change from run to run"
    done
    if [ "$sanitizer" = yes ]; then sanitize "$1" "$name"; fi
    echo "$1: $(cat time.log)"
}

capture() {
    nvcc -O2 -arch="$arch" -I . -c ../capture.c -o capture.o && nvcc -arch="$arch" capture.o libsoftmax.a -o capture && ./capture ||
        { problem "a call captured in a graph"; return; }
    echo "a captured call gives the same bits"
}

run() {
    arch=${1:-sm_80} failures=0 sanitizer=no
    PATH=$PATH:/usr/local/cuda/bin
    command -v nvcc >/dev/null || { echo "SKIPPED: nvcc is not installed"; exit 77; }
    if command -v compute-sanitizer >/dev/null; then sanitizer=yes; else echo "compute-sanitizer is not installed: not used"; fi
    cd "$here"
    cc -std=c11 -O1 npy_close.c -o npy_close -lm
    for dir in */; do
        dir=${dir%/}
        [ -f "$here/$dir/name" ] || continue
        cd "$here/$dir"
        run_one "$dir"
    done
    cd "$here/softmax"
    capture
    [ "$failures" -eq 0 ] || { echo "$failures failures"; exit 1; }
    echo "all agree"
}

case ${1:-} in
prepare) prepare "$2" "$(realpath "$3")" "$(realpath "$4")" ;;
run) run "${2:-}" ;;
*) sed -n '2,9p' "$0"; exit 2 ;;
esac
