#!/bin/sh
# usage: stablehlo_run.sh FUSEWRIGHT MAKE_INPUTS
# What `print --format stablehlo` writes runs on XLA:CPU and gives the values of `fusewright run`, and the outputs recorded for the models.
# PYTHON names a Python with jax; FW_DATA the folder of the recorded models (see bench/models.sh).
. "$(dirname "$0")/lib.sh"
tool=$1 make_inputs=$2 data=${FW_DATA:-$root/build/bench}
python=${PYTHON:-$data/v/bin/python}
have "$python" || python=python3
"$python" -c 'import jax' 2>/dev/null || skip "StableHLO text on XLA:CPU: no Python with jax (set PYTHON)"
# XLA folds a comparison of constants in the total order as if -0 equaled +0; at run time it does not.
set -- $(find "$tests/kernel" -name '*.hlo' ! -name compare_directions.hlo | sort)
"$python" "$tests/tools/run_stablehlo.py" "$tool" "$make_inputs" "$@" || failed "see above"
set -- $(find "$data/models" -name '*.hlo' 2>/dev/null | sed 's/\.hlo$//' | sort)
[ $# -eq 0 ] || "$python" "$tests/tools/run_stablehlo.py" "$tool" --recorded "$@" || failed "see above"
[ $# -gt 0 ] || echo "(without the models, which were not exported)"
finish
