#!/usr/bin/env python3
"""Runs the models of this folder with Apple's runtime and writes what they gave to results.json, beside this file.

    pip install coremltools==9.0 "numpy<2.4"
    python3 check.py

Nothing is judged here: the outputs travel as they are, and `deploykit parity --import results.json` compares them with
the very code that judges every other runner. What goes wrong is written down where a figure would stand, and the next
model and unit go on. Needs a Mac, Python 3.9 or newer, NumPy and coremltools; nothing of deploykit.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import math
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent

# What an input is given as, by the type that the model declares; coremltools takes float16 as float32.
FED = {"FLOAT16": "float32", "FLOAT32": "float32", "DOUBLE": "float64", "INT32": "int32", "INT8": "int8"}

# The kind of input whose draws are calls one after another, and the metadata that name a state's output.
STEPS = "steps"
STATE_PREFIX = "ai.deploykit.state."

DEVICES = {"MLCPUComputeDevice": "cpu", "MLGPUComputeDevice": "gpu", "MLNeuralEngineComputeDevice": "neural_engine"}
NEEDS = {"cpu_and_gpu": "gpu", "cpu_and_ne": "neural_engine"}


def main() -> int:
    """Every model on every unit. Exit code 0 if results were written, whatever they say; 2 if nothing could be run."""
    if len(sys.argv) == 4:
        return one(*sys.argv[1:])
    refusal = unusable()
    if refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return 2
    import numpy as np

    kit = json.loads((HERE / "kit.json").read_text(encoding="utf-8"))
    changed = [m["file"] for m in kit["models"] if sha256(HERE / m["file"]) != m["sha256"]]
    changed += [f"{n}.npz" for n in ("inputs", "reference") if sha256(HERE / f"{n}.npz") != kit[f"{n}_sha256"]]
    if changed:
        print(f"error: {', '.join(changed)}: not the file that the kit was made with; copy it again", file=sys.stderr)
        return 2
    reference = by_kind(np.load(HERE / "reference.npz"))
    machine = describe()
    print(f"{kit['model']} {kit['version']} on {machine['chip']}, macOS {machine['macos']}")
    runs = []
    for model in kit["models"]:
        for units in kit["compute_units"]:
            print(f"{model['name']}, {units} … ", end="", flush=True)
            runs.append(apart(model, units, machine))
            print(rough(runs[-1], reference))
    results = {"format": 1, "inputs_sha256": kit["inputs_sha256"], "machine": machine, "runs": runs}
    partial = HERE / "results.json.partial"
    partial.write_text(json.dumps(results, allow_nan=False), encoding="utf-8")
    partial.replace(HERE / "results.json")
    print(f"wrote {HERE / 'results.json'}; next: deploykit parity --import results.json BUILD_FOLDER")
    return 0


def unusable() -> str:
    """Why nothing can be run here, or nothing."""
    for package in ("numpy", "coremltools"):
        if importlib.util.find_spec(package) is None:
            return f'{package} is missing: pip install coremltools==9.0 "numpy<2.4"'
    native = importlib.util.find_spec("coremltools.libcoremlpython")
    if platform.system() != "Darwin":
        return f"Apple's runtime needs a Mac; this is {platform.system()}"
    if native is None:
        return f"this coremltools has no native part for Python {platform.python_version()}; try Python 3.9 to 3.13"
    return ""


def apart(model: dict, units: str, machine: dict) -> dict:
    """One model on one compute unit, in a process of its own: a driver that aborts takes down nothing else."""
    result = blank(model, units)
    result["not_run"] = result["plan"]["error"] = lacking(model, units, machine)
    if result["not_run"]:
        return result
    with tempfile.TemporaryDirectory() as scratch:
        answer = Path(scratch) / "answer.json"
        command = [sys.executable, str(Path(__file__).resolve()), model["name"], units, str(answer)]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
        if done.returncode == 0:
            return json.loads(answer.read_text(encoding="utf-8"))
    how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
    said = done.stderr[-3000:] or "it said nothing"
    result["error"] = result["plan"]["error"] = f"the process that ran it ended with {how}: {said}"
    return result


def one(name: str, units: str, answer: str) -> int:
    """What the process of `apart` does."""
    import numpy as np

    kit = json.loads((HERE / "kit.json").read_text(encoding="utf-8"))
    (model,) = [m for m in kit["models"] if m["name"] == name]
    result = run(model, units, by_kind(np.load(HERE / "inputs.npz")), kit.get("states", {}))
    Path(answer).write_text(json.dumps(result, allow_nan=False), encoding="utf-8")
    return 0


def blank(model: dict, units: str) -> dict:
    """A result that says nothing yet."""
    return {
        "model": model["name"],
        "sha256": sha256(HERE / model["file"]),
        "compute_units": units,
        "not_run": "",
        "error": "",
        "kinds": {},
        "milliseconds": None,
        "predictions": 0,
        "plan": {"error": "", "ops": []},
    }


def run(model: dict, units: str, inputs: dict, states: dict) -> dict:
    """Raw outputs by kind of input, times and plan, or the texts of what went wrong."""
    import coremltools as ct

    result = blank(model, units)
    units_of = {"all": "ALL", "cpu_only": "CPU_ONLY", "cpu_and_gpu": "CPU_AND_GPU", "cpu_and_ne": "CPU_AND_NE"}
    allowed = getattr(ct.ComputeUnit, units_of[units])
    try:
        # Where Core ML cannot load it, coremltools only warns, and predict raises what Core ML said.
        loaded = ct.models.MLModel(str(HERE / model["file"]), compute_units=allowed)
        description = loaded.get_spec().description
    except Exception as error:
        result["error"] = result["plan"]["error"] = text(error)
        return result
    kinds = {feature.name: feature.type.multiArrayType for feature in description.input}
    dtypes = {name: FED.get(kind.ArrayDataType.Name(kind.dataType)) for name, kind in kinds.items()}
    seconds: list = []
    for kind, draws in inputs.items():
        try:
            carried = states if kind == STEPS else {}
            result["kinds"][kind] = {"outputs": predict(loaded, draws, dtypes, seconds, carried)}
        except Exception as error:
            result["kinds"][kind] = {"error": text(error)}
    timed = seconds[1:]  # the first call still sets things up
    if timed:
        result.update(milliseconds=1000 * statistics.median(timed), predictions=len(timed))
    try:
        result["plan"]["ops"] = plan(loaded, allowed)
    except Exception as error:
        result["plan"]["error"] = text(error)
    return result


def lacking(model: dict, units: str, machine: dict) -> str:
    """What this Mac lacks to say anything of the model on these units: no fault of the model."""
    have = platform.mac_ver()[0]
    if have and int(have.split(".")[0]) < model["macos"]:
        return f"the model needs macOS {model['macos']} or newer; this Mac has {have}"
    need = NEEDS.get(units)
    if need and set(machine["devices"]) & set(DEVICES.values()) and need not in machine["devices"]:
        return f"Core ML sees no {need.replace('_', ' ')} on this Mac"
    return ""


def predict(loaded: object, draws: dict, dtypes: dict, seconds: list, carried: dict) -> dict:
    """Every draw by itself, as an app would: outputs by name, stacked; adds to `seconds`.

    `carried` are states, each with the output that the next draw gets in its place; where the model keeps them itself,
    one state goes through all draws.
    """
    import numpy as np

    description = loaded.get_spec().description
    kept = {f.name: description.metadata.userDefined.get(STATE_PREFIX + f.name, f.name) for f in description.state}
    gave, state, back = [], None, {}
    for index in range(len(next(iter(draws.values())))):
        given = {name: values[index].astype(dtypes.get(name) or values.dtype) for name, values in draws.items()}
        given.update(back)
        told = {name: given.pop(name) for name in kept if name in given}
        if kept and not (carried and state):
            state = loaded.make_state()
            for name, value in told.items():
                state.write_state(name, value.astype("float16"))
        start = time.perf_counter()
        made = loaded.predict(given, state) if kept else loaded.predict(given)
        seconds.append(time.perf_counter() - start)
        outputs = {name: np.asarray(value) for name, value in made.items()}
        outputs.update({kept[name]: np.asarray(state.read_state(name), "float32") for name in told})
        back = {name: outputs[output].astype(draws[name].dtype) for name, output in carried.items() if name not in kept}
        gave.append(outputs)
    return {name: encoded(np.stack([outputs[name] for outputs in gave]), name) for name in gave[0]}


def encoded(array, name: str) -> dict:
    """The array's bytes, little-endian and in C order, as base64."""
    if array.dtype.kind not in "fiub":
        raise TypeError(f"output {name} holds {array.dtype}, not numbers")
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return {"dtype": array.dtype.name, "shape": list(array.shape), "base64": base64.b64encode(data).decode()}


def plan(loaded: object, allowed: object) -> list:
    """Where Core ML says that it would run each op, and at which share of the cost. Constants are left out."""
    from coremltools.models.compute_plan import MLComputePlan

    made = MLComputePlan.load_from_path(loaded.get_compiled_model_path(), compute_units=allowed)
    program = made.model_structure.program
    if program is None:
        raise ValueError("Core ML gives the plan of no ML Program")
    found = []
    blocks = [function.block for function in program.functions.values()]
    while blocks:
        for op in blocks.pop(0).operations:
            blocks += op.blocks
            if op.operator_name.split(".")[-1] == "const":
                continue
            usage = made.get_compute_device_usage_for_mlprogram_operation(op)
            cost = made.get_estimated_cost_for_mlprogram_operation(op)
            found.append(
                {
                    "name": op.outputs[0].name if op.outputs else "",
                    "type": op.operator_name,
                    "preferred": device(usage.preferred_compute_device) if usage else None,
                    "supported": [device(one) for one in usage.supported_compute_devices] if usage else [],
                    "cost": cost.weight if cost and math.isfinite(cost.weight) else None,
                }
            )
    return found


def device(given: object) -> str:
    """`cpu`, `gpu`, `neural_engine`, or `other`."""
    return DEVICES.get(type(given).__name__, "other")


def describe() -> dict:
    """The machine; a text stands where something cannot be found out."""
    import coremltools
    import numpy

    try:
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        chip = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        chip = f"unknown ({error})"
    try:
        from coremltools.models.compute_device import MLComputeDevice

        devices = [device(one) for one in MLComputeDevice.get_all_compute_devices()]
    except Exception as error:  # before macOS 14 Core ML does not tell
        devices = [f"unknown ({text(error)[:400]})"]
    return {
        "macos": platform.mac_ver()[0],
        "chip": f"{chip}, {platform.machine()}"[:500],
        "devices": devices,
        "coremltools": coremltools.__version__,
        "numpy": numpy.__version__,
        "python": platform.python_version(),
    }


def rough(result: dict, reference: dict) -> str:
    """A line for whoever sits at the Mac; the verdict is not made here."""
    import numpy as np

    if result["not_run"] or result["error"]:
        return result["not_run"] or result["error"].splitlines()[0]
    worst, wrong = 0.0, []
    for kind, gave in result["kinds"].items():
        if "error" in gave:
            wrong.append(f"{kind}: {gave['error'].splitlines()[0]}")
            continue
        for name, array in gave["outputs"].items():
            data = np.frombuffer(base64.b64decode(array["base64"]), array["dtype"]).reshape(array["shape"])
            want = reference[kind].get(name)
            if want is None or want.shape != data.shape:
                wrong.append(f"{kind}: output {name} has another name or shape than PyTorch's")
            else:
                worst = max(worst, float(np.nanmax(np.abs(data.astype("f8") - want), initial=0.0)))
    milliseconds = result["milliseconds"]
    took = "" if milliseconds is None else f", {milliseconds:.2f} ms"
    return "; ".join([f"largest difference {worst:.1e}{took}", *wrong])


def by_kind(arrays) -> dict:
    """`kind/name` → kind → name."""
    kinds: dict = {}
    for key in arrays.files:
        kind, name = key.split("/", 1)
        kinds.setdefault(kind, {})[name] = arrays[key]
    return kinds


def sha256(path: Path) -> str:
    """Of a file; of a folder, over the relative names, sizes and contents of its files in order, as manifest.json's."""
    # What Finder and copies to other disks leave behind is no part of a model.
    files = [p for p in path.rglob("*") if p.is_file() and p.name != ".DS_Store" and not p.name.startswith("._")]
    digest = hashlib.sha256()
    for file in sorted(files) if path.is_dir() else [path]:
        if path.is_dir():
            digest.update(f"{file.relative_to(path).as_posix()}\n{file.stat().st_size}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def text(error: BaseException) -> str:
    """An error in words."""
    return f"{type(error).__name__}: {error}"[:4000]


if __name__ == "__main__":
    sys.exit(main())
