"""`python -m tests.backends.coreml.fuzz --minutes 10`: damaged packages against everything that reads one.

Small programs are saved, damaged at random (bytes, fields of the specification, weights), and given to the reference
runner, `inspect` and the interface reader in a process with bounded memory. A file may run or be refused by an
`ArtifactError`; another exception, a crash, or more than `PATIENCE` seconds is a finding: the package is kept, and the
exit status is 1. What is found becomes a case of `test_coreml_reference_hostile.py`.
"""

from __future__ import annotations

import argparse
import collections
import math
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from coremltools.proto import Model_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError

PATIENCE = 30.0
MEMORY = 8 << 30
"""Bytes of address space beyond what the process has when it starts."""

SPEC = Path("Data/com.apple.CoreML/model.mlmodel")
NUMBERS = (0, 1, -1, 2, 3, 7, 63, 64, 65, 255, 2**15, 2**16, 2**31 - 1, 2**31, -(2**31), 2**40, 2**62, 2**63 - 1)


def main() -> int:
    """Damages and runs until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--programs", type=int, default=1000, help="how many of the ops' own programs to start from")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"), help="where findings go")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return _work()
    rng, counts = random.Random(options.seed), collections.Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        seeds = list(_seeds(Path(folder) / "seeds", options.programs))
        print(f"{len(seeds)} packages to start from")
        worker, end, target = _Worker(), time.monotonic() + 60 * options.minutes, Path(folder) / "damaged.mlpackage"
        while time.monotonic() < end:
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(rng.choice(seeds), target)
            _damage(target, rng)
            answer = worker.ask(target)
            counts[answer.split(":")[0]] += 1
            if not answer.startswith(("ran", "refused")):
                kept = options.keep / f"{sum(counts.values())}.mlpackage"
                shutil.copytree(target, kept, dirs_exist_ok=True)
                print(f"{kept}: {answer}", flush=True)
        worker.close()
    print(", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())))
    return 0 if set(counts) <= {"ran", "refused"} else 1


def _seeds(folder: Path, most: int) -> Iterator[Path]:
    """One package per case of the ops' own tests."""
    sys.path.insert(0, str(Path(__file__).parent / "reference"))
    from coreml_reference_programs import save
    from test_coreml_reference_ops import CASES

    for number, case in enumerate(CASES[:most]):
        yield save(folder / f"{number}.mlpackage", case.build, case.inputs, case.opset)


def _damage(package: Path, rng: random.Random) -> None:
    """One to three faults: in fields of the specification mostly, in its bytes, or in the weights."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        kind = rng.random()
        weights = sorted(package.rglob("*.bin"))
        if kind < 0.1:
            _bytes(package / SPEC, rng)
        elif kind < 0.25 and weights:
            _bytes(rng.choice(weights), rng)
        else:
            _fields(package / SPEC, rng)


def _bytes(file: Path, rng: random.Random) -> None:
    data = bytearray(file.read_bytes())
    for _ in range(rng.randint(1, 4)):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    if rng.random() < 0.2:
        del data[rng.randrange(len(data) + 1) :]
    file.write_bytes(data)


def _fields(file: Path, rng: random.Random) -> None:
    """Changes a value somewhere in the specification, or removes, repeats or swaps parts of it."""
    try:
        spec = Model_pb2.Model.FromString(file.read_bytes())
    except DecodeError:
        return
    places = list(_places(spec))
    if not places:
        return
    message, field = rng.choice(places)
    value = getattr(message, field.name)
    if hasattr(value, "extend"):
        act = rng.choice(("remove", "repeat", "swap", "change"))
        place = rng.randrange(len(value))
        if act == "remove":
            del value[place]
        elif act == "repeat":
            value.extend([value[place]] * rng.choice((1, 2, 30)))
        elif act == "swap" and field.message_type:
            value[place].CopyFrom(rng.choice(list(value)))
        elif not field.message_type:
            value[place] = _other(field, value[place], rng)
    elif field.message_type:
        message.ClearField(field.name)
    else:
        setattr(message, field.name, _other(field, value, rng))
    file.write_bytes(spec.SerializeToString())


def _places(message: Any) -> Iterator[tuple[Any, Any]]:
    """Every field that is set, in the message and in those within it."""
    for field, value in message.ListFields():
        yield message, field
        if not field.message_type:
            continue
        if hasattr(value, "keys"):
            inner = [value[key] for key in value if hasattr(value[key], "ListFields")]
        else:
            inner = list(value) if hasattr(value, "extend") else [value]
        for one in inner:
            yield from _places(one)


def _other(field: Any, value: Any, rng: random.Random) -> Any:
    """Another value of the field's type."""
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_STRING:
        if isinstance(value, bytes):
            return bytes(rng.randrange(256) for _ in range(max(1, len(value))))
        return rng.choice(
            ("", value[:-1], value + "x", "conv", "reshape", "while_loop", "..", "@model_path/../x", "\0")
        )
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return not value
    if kind in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
        return rng.choice((0.0, -1.0, 1e9, 1e38, float("nan"), float("inf"), float("-inf")))
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return rng.choice([number.number for number in field.enum_type.values])
    small = kind in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_UINT32)
    signed = kind in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64)
    low, high = (-(2**31) if signed else 0, 2**31 - 1) if small else (-(2**63) if signed else 0, 2**63 - 1)
    return min(max(rng.choice((*NUMBERS, value + 1, value - 1, value * 2)), low), high)


class _Worker:
    """A process that reads packages; a fresh one after each that it did not survive."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ask(self, package: Path) -> str:
        """`ran`, `refused`, or what went wrong."""
        if self._process is None:
            command = [sys.executable, "-m", "tests.backends.coreml.fuzz", "--worker"]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{package}\n")
        process.stdin.flush()
        answer = self._answer(process.stdout)
        if answer is not None:
            return answer
        process.kill()
        code = process.wait()
        self._process = None
        return "hangs: no answer in time" if code == -9 else f"crash: it ended with {code}"

    @staticmethod
    def _answer(stream: IO[str]) -> str | None:
        import select

        # Libraries may print lines of their own.
        while select.select([stream], [], [], PATIENCE)[0]:
            line = stream.readline()
            if not line:
                return None
            if line.startswith("answer "):
                return line.removeprefix("answer ").strip()
        return None

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _work() -> int:
    """Answers each line, a package's path."""
    from deploykit.backends.coreml.counting import census_of
    from deploykit.backends.coreml.interface import read_interface
    from deploykit.backends.coreml.reference import ReferenceRunner

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    for line in sys.stdin:
        package = Path(line.strip())
        answers = [_tried(lambda p=package: census_of(p)), _tried(lambda p=package: read_interface(p))]
        answers.append(_tried(lambda p=package: _run(ReferenceRunner(p))))
        wrong = [answer for answer in answers if not answer.startswith(("ran", "refused"))]
        print("answer " + (wrong[0] if wrong else answers[-1]), flush=True)
    return 0


def _run(runner: Any) -> None:
    with runner:
        rng = np.random.default_rng(0)
        shapes = {i.name: (i, [1 if size is None else size for size in i.shape]) for i in runner.inputs}
        if any(len(shape) > 16 or math.prod(max(1, n) for n in shape) > 1e7 for _, shape in shapes.values()):
            return  # nobody has such an input to give
        given = {n: np.asarray(rng.integers(0, 3, shape)).astype(i.dtype.array) for n, (i, shape) in shapes.items()}
        runner.run(given)


def _tried(call: Any) -> str:
    from deploykit.errors import ArtifactError

    try:
        call()
    except ArtifactError as error:
        return f"refused: {str(error).splitlines()[0][:200]}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:300]}".replace("\n", " ")
    return "ran"


if __name__ == "__main__":
    sys.exit(main())
