"""Which layers of a file with integers that failed add most noise."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future

from deploykit.cache.memory import Task
from deploykit.errors import DeploykitError
from deploykit.manifest import decisive, overall
from deploykit.parity.inputs import judged_on
from deploykit.stages.compare import Compared
from deploykit.stages.execute import Lowered
from deploykit.stages.plan import Item, Lowering
from deploykit.stages.workspace import Workspace
from deploykit.stages.yardsticks import Yardsticks
from deploykit.work import losses as losses_job
from deploykit.work.losses import Losses


def noise_of_failed(
    work: Workspace,
    lowered: Mapping[Lowering, Lowered],
    compared: Mapping[Item, Compared],
    yardsticks: Yardsticks,
) -> dict[Lowering, Losses]:
    """Follows each such file beside the float file that it was made of; nothing of those that cannot be followed."""
    jobs: dict[Lowering, Future[Losses]] = {}
    for item, found in compared.items():
        made, base = lowered[item.lowering], lowered.get(item.base.lowering) if item.base else None
        if base is None or base.file is None or made.file is None or item.lowering in jobs:
            continue
        if overall(decisive(found.parity)) == "failed":
            kind, inputs = judged_on(item.precision, yardsticks["fp32"])[0], work.scratch / "inputs.npz"
            given = (item.lowering.backend, item.precision, base.file, made.file, inputs, kind)
            name = f"noise in {item.lowering.name}"
            log = work.log(f"noise-{item.lowering.name}")
            jobs[item.lowering] = work.submit(Task(name, log, losses_job.losses, given))
    done = {}
    for lowering, job in jobs.items():
        try:
            done[lowering] = job.result()
        except DeploykitError:
            continue  # its log says why; only nobody can be blamed
        finally:
            work.progress.job(f"noise in {lowering.name}", work.log(f"noise-{lowering.name}"))
    return done
