"""What SDKs told of devices, and what nobody has told yet."""

from __future__ import annotations

from collections.abc import Iterable

from deploykit.devices import PLACES, Place
from deploykit.report.model import ArtifactRecord, DeviceRun, SdkRecord

ORDER: tuple[Place, ...] = ("mac", "simulator", "device")

NAMES: dict[Place, str] = {"mac": "a Mac", "simulator": "the iOS simulator", "device": "a device"}


def runs(
    sdks: Iterable[SdkRecord], artifacts: Iterable[ArtifactRecord], told: Iterable[DeviceRun]
) -> tuple[DeviceRun, ...]:
    """All that was told, and for each written SDK a `not_run` for each place that nothing was told of.

    The order depends on what is in them only, not on the order in which they came.
    """
    order = [(artifact.target, artifact.precision) for artifact in artifacts]
    found = list(told)
    have = {(run.target, run.precision, run.place) for run in found}
    for sdk in sdks:
        if sdk.target is None or sdk.precision is None:
            continue
        for place, how in PLACES.get(sdk.platform, {}).items():
            if (sdk.target, sdk.precision, place) not in have:
                what = {"target": sdk.target, "precision": sdk.precision, "place": place}
                found.append(DeviceRun.model_validate(what | {"verdict": "not_run", "reason": unrun(how)}))
    return tuple(
        sorted(
            found,
            key=lambda run: (order.index((run.target, run.precision)), ORDER.index(run.place), run.device, run.os),
        )
    )


def unrun(how: str) -> str:
    """Why nothing is known, and the remedy."""
    return f"nobody has told yet: {how}; then deploykit parity --import selftest.json"


def failures(told: Iterable[DeviceRun]) -> dict[tuple[str, str], str]:
    """Target and precision → the devices on which the accelerator in use is wrong."""
    found: dict[tuple[str, str], list[str]] = {}
    for run in told:
        if run.verdict == "failed":
            found.setdefault((run.target, run.precision), []).append(f"{run.device} ({run.os})")
    return {key: ", ".join(names) for key, names in found.items()}
