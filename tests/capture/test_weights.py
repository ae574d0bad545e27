from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from deploykit.capture.weights import load_weights, refuse_nan, weights_sha256
from deploykit.errors import WeightsError


def test_both_formats_load(tmp_path: Path) -> None:
    source = nn.Linear(3, 2)
    save_file(source.state_dict(), tmp_path / "w.safetensors")
    torch.save({"state_dict": source.state_dict()}, tmp_path / "w.pt")
    for name in ("w.safetensors", "w.pt"):
        network = nn.Linear(3, 2)
        load_weights(network, tmp_path / name)
        assert weights_sha256(network) == weights_sha256(source)


def test_every_misfit_is_named(tmp_path: Path) -> None:
    save_file({"weight": torch.zeros(5, 5), "extra": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError) as raised:
        load_weights(nn.Linear(3, 2), tmp_path / "w.safetensors")
    text = str(raised.value)
    assert "missing: bias (2,)" in text
    assert "not in the model: extra (1,)" in text
    assert "weight: the file has (5, 5), the model (2, 3)" in text


@pytest.mark.parametrize("name", ["w.safetensors", "w.pt"])
@pytest.mark.parametrize("content", [b"", b"not a checkpoint at all", b"\xff" * 64])
def test_broken_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=r"cannot be read"):
        load_weights(nn.Linear(3, 2), tmp_path / name)


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "was_here",))  # type: ignore[return-value]  # as malware would

    torch.save({"weight": Evil()}, tmp_path / "w.pt")
    with pytest.raises(WeightsError, match="cannot be read"):
        load_weights(nn.Linear(3, 2), tmp_path / "w.pt")
    assert not (tmp_path / "was_here").exists()


def test_nan_is_named(tmp_path: Path) -> None:
    save_file({"weight": torch.full((2, 3), float("nan")), "bias": torch.zeros(2)}, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match="NaN or infinity in: weight"):
        load_weights(nn.Linear(3, 2), tmp_path / "w.safetensors")


def test_a_nan_in_the_model_itself_is_named() -> None:
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    refuse_nan(network)
    with torch.no_grad():
        network[0].bias[1] = float("nan")
        network[1].running_var[0] = float("inf")
    with pytest.raises(WeightsError, match=r"NaN in: 0\.bias; train"):
        refuse_nan(network)
