"""Run what `fusewright print --format stablehlo` writes with XLA:CPU, and compare the values.

usage: run_stablehlo.py FUSEWRIGHT MAKE_INPUTS FILE.hlo...     random inputs, compared with `fusewright run`
       run_stablehlo.py FUSEWRIGHT --recorded FOLDER/NAME...   NAME.hlo on NAME.in.N.npy, compared with NAME.out.N.npy

Prints a line for each program that differs, and a count; exit 1 when one does. Needs jax (tried with 0.10.2).
"""
import glob
import os
import subprocess
import sys
import tempfile

os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402  (the environment has to be set first)
import ml_dtypes  # noqa: E402
import numpy as np  # noqa: E402
from jax._src.interpreters import mlir as jax_mlir  # noqa: E402
from jaxlib import xla_client  # noqa: E402
from jaxlib.mlir import ir  # noqa: E402

jax.config.update("jax_enable_x64", True)

# Largest difference allowed, as a part of the largest number expected: XLA sums in another order and contracts.
TOLERANCE = {"f2": 2e-3, "V2": 2e-2, "f4": 2e-5, "f8": 1e-13, "c8": 2e-5, "c16": 1e-13}


def tool(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().split("\n")[0] or f"exit {done.returncode}")
    return done.stdout


def numbered(prefix):
    return sorted(glob.glob(glob.escape(prefix) + ".*.npy"), key=lambda path: int(path.split(".")[-2]))


def run_xla(text, paths):
    device = jax.devices()[0]
    with jax_mlir.make_ir_context():
        module = ir.Module.parse(text)
        types = [str(t.element_type) for t in module.body.operations[0].type.inputs]
        executable = device.client.compile_and_load(
            module, xla_client.DeviceList((device,)), xla_client.CompileOptions())
    arrays = [np.load(path) for path in paths]
    arrays = [a.view(ml_dtypes.bfloat16) if t == "bf16" else a for a, t in zip(arrays, types)]
    return [np.asarray(out) for out in executable.execute([jax.device_put(a) for a in arrays])]


def as_numbers(array, like):
    """Bytes of a type that numpy does not know, as numbers."""
    return array.view(like.dtype).astype(np.float64) if array.dtype.kind == "V" else array


def difference(actual, expected):
    """None, or what differs: NaN equals NaN, and infinities equal themselves."""
    kind = expected.dtype.kind + str(expected.dtype.itemsize)
    expected = as_numbers(expected, actual)
    actual = actual.astype(expected.dtype)
    if actual.shape != expected.shape:
        return f"shape {actual.shape}, not {expected.shape}"
    if kind not in TOLERANCE:
        return None if np.array_equal(actual, expected) else "values differ"
    finite = np.isfinite(expected)
    if not np.array_equal(actual[~finite], expected[~finite], equal_nan=True):
        return "infinities or NaN differ"
    if not finite.any():
        return None
    error = np.abs(actual[finite].astype(expected.dtype) - expected[finite]).max()
    most = np.abs(expected[finite]).max()
    return None if error <= TOLERANCE[kind] * most else f"off by {error:.3g} of {most:.3g}"


def check(fusewright, file, inputs, expected):
    text = tool(fusewright, "print", file, "--format", "stablehlo")
    outputs = run_xla(text, inputs)
    if len(outputs) != len(expected):
        return f"{len(outputs)} outputs, not {len(expected)}"
    found = [difference(out, np.load(path)) for out, path in zip(outputs, expected)]
    return next((f"out{i}: {text}" for i, text in enumerate(found) if text), None)


def check_random(fusewright, make_inputs, file):
    with tempfile.TemporaryDirectory() as folder:
        inputs = tool(make_inputs, file, folder + "/in").split()
        tool(fusewright, "run", file, *inputs, "-o", folder + "/out")
        return check(fusewright, file, inputs, numbered(folder + "/out"))


def main():
    fusewright, second, *names = sys.argv[1:]
    failures = 0
    for name in names:
        try:
            if second == "--recorded":
                problem = check(fusewright, name + ".hlo", numbered(name + ".in"), numbered(name + ".out"))
            else:
                problem = check_random(fusewright, second, name)
        except Exception as error:  # one that does not parse or compile must not hide the rest
            problem = str(error).strip().split("\n")[0]
        if problem:
            failures += 1
            print(f"{name}: {problem}", flush=True)
    print(f"{len(names) - failures} of {len(names)} programs agree")
    return failures > 0


sys.exit(main())
