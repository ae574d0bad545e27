"""Files that LiteRT's GPU engine computes wrong, or crashes at: the op that is to blame."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future

from deploykit.backends import RUNNERS
from deploykit.backends.base import ORIGINS
from deploykit.cache.memory import Task
from deploykit.errors import DeploykitError
from deploykit.manifest import ParityRecord, left_out
from deploykit.stages.compare import Compared
from deploykit.stages.execute import Lowered
from deploykit.stages.gates import named, origin_of
from deploykit.stages.plan import Item, Lowering
from deploykit.stages.workspace import Workspace
from deploykit.work import gpu_fault as gpu_fault_job
from deploykit.work.gpu_fault import GPU, GpuFault


def faults_on_gpu(
    work: Workspace, lowered: Mapping[Lowering, Lowered], compared: Mapping[Item, Compared]
) -> dict[Lowering, GpuFault]:
    """Looks for the op in each such file; nothing of those where it cannot be found."""
    jobs: dict[Lowering, Future[GpuFault | None]] = {}
    for item, found in compared.items():
        file = lowered[item.lowering].file
        wrong = [record for record in found.parity if left_out([record])]
        if file is None or not wrong or item.lowering in jobs:
            continue
        worst = min(wrong, key=_left)
        entry, log = RUNNERS[GPU], work.log(f"gpu-fault-{item.lowering.name}")
        given = (file, work.scratch / "inputs.npz", worst.input, least_db(worst), entry.told(item.precision))
        name, reads = f"GPU fault in {item.lowering.name}", (file.parent / ORIGINS, *entry.needs())
        jobs[item.lowering] = work.submit(Task(name, log, gpu_fault_job.gpu_fault, given, reads=reads))
    done = {}
    for lowering, job in jobs.items():
        try:
            if (fault := job.result()) is not None:
                done[lowering] = fault
        except DeploykitError:
            continue  # its log says why; only nobody can be blamed
        finally:
            work.progress.job(f"GPU fault in {lowering.name}", work.log(f"gpu-fault-{lowering.name}"))
    return done


def least_db(record: ParityRecord) -> float:
    """What a beginning has to have to count as right: half way between what the file has and what it should have.

    Tensors inside may have a little less than the outputs without anything being wrong.
    """
    if record.snr_db is None or record.required_snr_db is None:
        return 0.0
    return (record.snr_db + record.required_snr_db) / 2


def blamed(record: ParityRecord, fault: GpuFault | None) -> ParityRecord:
    """A comparison that failed on the GPU, with the op."""
    if fault is None or not left_out([record]):
        return record
    left = "" if fault.op.snr_db is None else f" ({fault.op.snr_db:.1f} dB)"
    what = "it crashes at" if fault.crash else "first wrong at"
    return record.model_copy(update={"reason": f"{record.reason}; {what} {named(fault.op)}{origin_of(fault.op)}{left}"})


def _left(record: ParityRecord) -> float:
    return float("-inf") if record.snr_db is None else record.snr_db
