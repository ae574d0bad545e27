"""`deploykit bisect`: makes or takes an artifact, and looks for the op at which it leaves the model."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from platformdirs import user_log_path

from deploykit.backends import BACKENDS, RUNNERS, RUNS
from deploykit.backends.base import Tensors
from deploykit.bisect import artifact as artifact_job
from deploykit.bisect.border import Border, border_of
from deploykit.bisect.judging import Worst, worst_of
from deploykit.bisect.look import Looked, look
from deploykit.bisect.proof import proofs, prove
from deploykit.bisect.records import Bisection, NodeRecord, ProofRecord, Verdict
from deploykit.bisect.repro import FILES, write
from deploykit.errors import ArgumentsError, DeploykitError, LoweringError
from deploykit.jobs import IsolatedPool, JobDied, JobFailed, logged
from deploykit.output import refuse_foreign, staged
from deploykit.parity.inputs import nudged
from deploykit.probes.results import installed_versions
from deploykit.project import Entry, Project
from deploykit.stages.plan import Item
from deploykit.stages.yardsticks import load_yardsticks
from deploykit.targets import all_targets
from deploykit.tomlfile import nearest
from deploykit.work.capture import Captured, capture
from deploykit.work.draws import load
from deploykit.work.lower import requested

SUFFIXES = {RUNNERS[runner].suffix: backend for backend, runner in RUNS.items()}
"""Of files → the backend that they are of."""
SHOWN = 5
"""Wrong results that are told of, the culprit's included."""


@dataclass(frozen=True)
class Request:
    """What `deploykit bisect` was asked for.

    Attributes:
        source: the model.
        artifact: a file that was made of it by anyone; None makes one by the road.
        road: "backend/road", or one of both; empty takes the first road of the file's format.
        bare: whether the road's rewrites are left out.
        repro: a folder for the smallest graph that shows the fault; None writes none.
    """

    source: Project | Entry
    artifact: Path | None = None
    road: str = ""
    bare: bool = False
    repro: Path | None = None


def bisect(request: Request, tell: Callable[[str], None]) -> Bisection:
    """Finds the first op of a model that an artifact computes otherwise.

    Args:
        request: what is asked for.
        tell: told what is being done.

    Raises:
        UserError: if something given is wrong.
        DeploykitError: if the artifact cannot be made or run.
    """
    backend, road = _road(request)
    if request.repro is not None:
        refuse_foreign(request.repro, FILES)
    with tempfile.TemporaryDirectory(prefix="deploykit-bisect-") as scratch, IsolatedPool(1) as pool:
        work = _Work(request, backend, road, Path(scratch), pool, tell)
        try:
            return work.go()
        except (JobDied, JobFailed, LoweringError) as error:
            kept = user_log_path("deploykit", ensure_exists=True) / "last-bisect.log"
            shutil.copyfile(work.log, kept)
            raise DeploykitError(f"{error}\nThe log is in {kept}") from error


@dataclass(frozen=True)
class _Work:
    request: Request
    backend: str
    road: str
    scratch: Path
    pool: IsolatedPool
    tell: Callable[[str], None]

    @property
    def log(self) -> Path:
        return self.scratch / "log"

    def go(self) -> Bisection:
        self.tell("running the model")
        captured: Captured = self.pool.submit(logged, self.log, capture, self.request.source, (), self.scratch).result()
        if captured.signature.is_open:
            names = ", ".join(captured.project.contract.dims)
            raise ArgumentsError(
                [f"ops are compared at one size, and the contract leaves {names} open; give the one size"]
            )
        program, file = Captured.program(self.scratch), self.request.artifact
        if file is None:
            self.tell(f"converting it by {self.road}")
            program = self.scratch / "lowered.pt2"
            file = self._make(captured, program)
        interface = self.pool.submit(logged, self.log, artifact_job.interface, self.backend, file).result()
        border = border_of(str(self.request.artifact or file.name), captured.signature, interface)
        self.tell("running the artifact")
        worst = self._worst(captured, file, border)
        base = self._base(captured, file, worst)
        if worst.record.verdict == "passed":
            return base
        self.tell("comparing what is inside of both")
        looked = self._look(captured, program, file, border, worst)
        tried = self._prove(looked, worst) if looked.windows else ()
        proof = next((item for item in reversed(tried) if item.shows), None)
        bad = _first(looked, proof)
        found = base.model_copy(
            update={
                "verdict": verdict_of(looked, proof),
                "plain_db": round(looked.plain_db, 1),
                "total": looked.total,
                "matched": looked.matched,
                "good": looked.good[bad[0].name] if bad else (),
                "bad": bad,
                "file_op": looked.file_op,
                "proof": proof,
                "tried": tried,
            }
        )
        if self.request.repro is None or proof is None:
            return found
        self.tell("writing the repro, and running it")
        with staged(self.request.repro, written=FILES) as folder:
            job = self.pool.submit(logged, self.log, write, self.scratch, found, folder)
            return found.model_copy(update={"repro": job.result()})

    def _make(self, captured: Captured, lowered: Path) -> Path:
        target = next(item for item in all_targets().values() if item.backend == self.backend)
        options = dict(Item(target, "fp32").lowering.options)
        wanted = requested(captured, "fp32", options, self.scratch / "file")
        program, bare = Captured.program(self.scratch), self.request.bare
        job = self.pool.submit(
            logged, self.log, artifact_job.make, self.backend, self.road, program, wanted, bare, lowered
        )
        return job.result()

    def _worst(self, captured: Captured, file: Path, border: Border) -> Worst:
        """Runs the file on every draw, and gives the draw that shows most."""
        inputs, outputs = self.scratch / "inputs.npz", self.scratch / "outputs.npz"
        runner = RUNS[self.backend]
        self.pool.submit(logged, self.log, artifact_job.run, runner, file, border, inputs, outputs).result()
        return worst_of(captured.project.contract, load_yardsticks(self.scratch), load(outputs))

    def _base(self, captured: Captured, file: Path, worst: Worst) -> Bisection:
        record = worst.record
        made = "given" if self.request.artifact else "by the road" + ", without rewrites" * self.request.bare
        return Bisection.model_validate(
            {
                "artifact": file.name,
                "model": captured.project.name,
                "backend": self.backend,
                "road": self.road,
                "runner": RUNS[self.backend],
                "made": made,
                "verdict": "right",
                "input": f"{worst.kind} {worst.index}",
                "snr_db": record.snr_db,
                "floor_db": record.floor_snr_db,
                "required_db": record.required_snr_db,
                "versions": _versions(self.backend),
            }
        )

    def _look(self, captured: Captured, program: Path, file: Path, border: Border, worst: Worst) -> Looked:
        draws = load(self.scratch / "inputs.npz")[worst.kind]
        given = {name: np.ascontiguousarray(values[worst.index]) for name, values in draws.items()}
        moved = _moved(captured, given)
        job = self.pool.submit(
            logged, self.log, look, program, self.backend, file, border, given, moved,
            captured.project.root, self.scratch,
        )  # fmt: skip
        return job.result()

    def _prove(self, looked: Looked, worst: Worst) -> tuple[ProofRecord, ...]:
        """Window after window; a converter that dies costs only the window that it died of."""
        while True:
            done = proofs(self.scratch)
            if len(done) >= looked.windows or any(item.shows for item in done):
                return tuple(done)
            self.tell(f"converting single ops by {self.road}")
            output = worst.record.snr_db or 0.0
            try:
                self.pool.submit(
                    logged, self.log, prove, self.scratch, self.backend, self.road, len(done), output
                ).result()
            except JobDied:
                if len(proofs(self.scratch)) == len(done):
                    raise


def _road(request: Request) -> tuple[str, str]:
    """The backend and the road.

    Raises:
        ArgumentsError: naming everything that does not fit together.
    """
    problems: list[str] = []
    every = [(name, road.name) for name, backend in BACKENDS.items() for road in backend.roads]
    words = {pair: (f"{pair[0]}/{pair[1]}", *pair) for pair in every}
    roads = [pair for pair in every if request.road in ("", *words[pair])]
    file = request.artifact
    if not roads:
        valid = {word for several in words.values() for word in several}
        problems.append(f"--road {request.road}: there is none; {nearest(request.road, valid)}")
    if file is None and not request.road:
        problems.append("nothing to look into; give --artifact FILE, or --road NAME, which makes a file by that road")
    if file is not None:
        if not file.exists():
            problems.append(f"--artifact {file}: there is no such file")
        elif file.suffix not in SUFFIXES:
            problems.append(f"--artifact {file}: what kind of file is it? Known are {', '.join(SUFFIXES)}")
        else:
            fitting = [pair for pair in roads if pair[0] == SUFFIXES[file.suffix]]
            if roads and not fitting:
                problems.append(f"--road {request.road} makes no {file.suffix} files")
            roads = fitting
        if request.bare:
            problems.append("--bare is for files that --road makes; the given one is taken as it is")
    if problems:
        raise ArgumentsError(problems)
    return roads[0]


def _moved(captured: Captured, given: Tensors) -> Tensors:
    stacked = {"one": {name: value[None] for name, value in given.items()}}
    return {name: values[0] for name, values in nudged(captured.project.contract, stacked)["one"].items()}


def verdict_of(looked: Looked, proof: ProofRecord | None) -> Verdict:
    """What the inside of a file and the ops alone come to."""
    if not looked.bad:
        return "runtime"
    if proof is not None:
        return "converter"
    return "file" if looked.matched else "foreign"


def _first(looked: Looked, proof: ProofRecord | None) -> tuple[NodeRecord, ...]:
    """The culprit, and what comes after it: what comes before is fused or laid out otherwise, or right alone."""
    by_name = {node.name: node for node in looked.bad}
    culprit = proof.suspect if proof else next(iter(by_name), "")
    after = looked.order[looked.order.index(culprit) :] if culprit else ()
    return tuple(by_name[name] for name in after[:SHOWN])


def _versions(backend: str) -> dict[str, str]:
    wanted = {*BACKENDS[backend].tools, "torch", "numpy", *(["onnxruntime"] if backend == "onnx" else [])}
    return {name: number for name, number in installed_versions().items() if name in wanted}
