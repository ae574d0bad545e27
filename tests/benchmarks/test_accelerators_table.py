"""The table of accelerators: what counts as whole, what as wrong, and what is said of the rest."""

from __future__ import annotations

from typing import Any

from benchmarks.accelerators.table import markdown, summary, wrong


def takes(taken: int, ops: int = 10, **more: Any) -> dict[str, Any]:
    told = {"ops": ops, "taken": taken, "unknown": 0, "partitions": 1, "possible": 1, "share": taken / ops}
    return {"litert_gpu": told | {"refusals": [], "origins": [], "evidence": "measured"} | more}


def ran(db: float, verdict: str = "passed", least: float | None = None, **more: Any) -> dict[str, Any]:
    gpu = {"adapter": "Some GPU", "arithmetic": "fp16"}
    base = {
        "verdict": verdict,
        "reason": "",
        "db": least or db,
        "required_db": 70.0,
        "input": "random",
        "random_db": db,
    }
    return base | {"gpu": gpu} | more


def row(name: str, taken: dict[str, Any], *runs: dict[str, Any], **more: Any) -> dict[str, Any]:
    files = {
        p: {"verdict": "passed", "accelerators": taken, "gpu": of} for p, of in zip(("fp32", "fp16"), runs, strict=True)
    }
    return {"name": name, "files": {"android_litert": files}} | more


REFUSED = {
    "possible": 3,
    "refusals": ["2 × GATHER_ND: Operation is not supported (cuts)"],
    "origins": ["net.py:3 `x[i]`"],
}
ROWS = [
    row("whole", takes(10), ran(120.0), ran(60.0, required_db=50.0, input="zeros", least=55.0)),
    row(
        "part",
        takes(4, **REFUSED),
        ran(120.0),
        ran(60.0, gpu={"adapter": "Some GPU", "arithmetic": "fp32"}),
        bare={"accelerators": takes(2), "cpu_ratio": 0.75},
    ),
    row(
        "off", takes(10), ran(120.0), ran(3.0, "failed", reason="first wrong at ADD"), bare={"failed": "ValueError: no"}
    ),
    {"name": "crashed", "failed": "the process ended with code -6"},
]


def test_only_the_gpu_s_own_failures_are_wrong() -> None:
    assert [wrong(row) for row in ROWS] == [False, False, True, False]


def test_a_line_for_each_model() -> None:
    assert summary(ROWS[0]) == "GPU fp32 120 dB, fp16 60 dB (zeros: 55 of 50), takes ✓, bare –"
    assert summary(ROWS[1]).endswith("fp16 60 dB, in float32, takes 4/10 (1 of 3, 40 %), bare 2/10 (1, 20 %)")
    assert summary(ROWS[2]).startswith("WRONG GPU fp32 120 dB, fp16 **failed**, 3 dB: first wrong at ADD")
    assert summary(ROWS[3]) == "FAILED: the process ended with code -6"


def test_the_page() -> None:
    page = markdown(ROWS)
    assert "LiteRT's GPU takes **2 of 4** models whole. Of litert-torch's own files it takes 0 of 2 whole." in page
    assert "LiteRT's GPU engine on Some GPU." in page
    assert "| part | 4/10 (1 of 3, 40 %) | ? | ? | ? | 2/10 (1, 20 %) | 0.75 |" in page
    assert "| off | ✓ | ? | ? | ? | no file | – |" in page
    assert "| part | 2 × GATHER_ND: Operation is not supported (cuts) | net.py:3 `x[i]` |" in page
    assert "| crashed | failed: the process ended with code -6 | |" in page
    assert "android_onnx" not in page
