#!/bin/sh
# usage: models.sh FUSEWRIGHT [OPTIONS of measure.py]
# The ten models of ../shared against JAX's recorded outputs and XLA's speed; see README.md beside this file.
set -eu
tool=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)
shared=$root/../shared
data=${FW_DATA:-$root/build/bench}
[ -f "$shared/tools/measure.py" ] || { echo "bench: ../shared/tools/measure.py is not there" >&2; exit 3; }
if [ ! -x "$data/v/bin/python" ]; then
    echo "bench: making a Python environment with jax in $data/v" >&2
    python3 -m venv "$data/v"
    "$data/v/bin/pip" install -q jax numpy
fi
if ! ls "$data"/models/*.hlo >/dev/null 2>&1; then
    echo "bench: exporting the ten models to $data/models" >&2
    "$data/v/bin/python" "$shared/models/export.py" "$data/models"
fi
[ $# -gt 0 ] || set -- --time 20 --extra "--target native" --need correct --need kernels --need workspace:1.5 --need speed:0.4
exec "$data/v/bin/python" "$shared/tools/measure.py" --project "$root" --data "$data" --build "$(dirname "$tool")" "$@"
