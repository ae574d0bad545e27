"""The stages in order: what `deploykit build` does.

    deploykit.toml ─▶ read ─▶ capture ─▶ lower ─▶ run ─▶ parity ─▶ codegen ─▶ report

Everything is made in a staging folder and swapped in whole at the end. Capture, every lowering and every run are jobs
in processes of their own, so this process imports neither torch nor a converter. What a job gave before, on the same
files, comes from the cache.
"""

from __future__ import annotations

from deploykit import stages
from deploykit.output import staged
from deploykit.progress import Progress
from deploykit.report.model import Report
from deploykit.request import BuildRequest


def build(request: BuildRequest, progress: Progress) -> Report:
    """Builds every target at every precision, checks each artifact, and writes `artifacts android ios mac report`.

    Raises:
        UserError: if what the user gave is wrong; the previous output is untouched.
    """
    plan = stages.plan(request.source, request.targets, request.precisions, request.sweep)
    with staged(request.out) as folder, stages.workspace(folder, request, plan, progress) as work:
        with progress.stage("capture"):
            captured = stages.capture(work, request.source, plan)
        with progress.stage("lower"):
            stages.honest(work, plan)
            lowered = stages.lower(work, captured, plan, request.best, request.mixing)
        with progress.stage("run"):
            outputs = stages.run(work, captured, lowered, plan)
            examined = stages.examine(work, lowered)
            coverage = stages.cover(work, lowered, outputs)
        with progress.stage("parity"):
            checked = stages.check(work, captured, lowered, outputs, examined, plan)
        with progress.stage("codegen"):
            sdks = stages.generate(work, captured, checked, plan, request.wish)
            stages.mac_kit(work, captured, checked)
        with progress.stage("report"):
            report = stages.report(work, captured, checked, coverage, sdks, plan, progress.seconds)
    stages.remember(work, request)
    return report
