"""Loads a checkpoint as data: safetensors, or `torch.load(weights_only=True)`. Nothing in a file is executed."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from deploykit.errors import WeightsError


def load_weights(module: nn.Module, path: Path) -> None:
    """Loads `path` into `module`, strictly.

    Raises:
        WeightsError: if the file is missing or broken, or keys or shapes do not fit (all of them are named).
    """
    state = _read(path)
    have = module.state_dict()
    problems = [f"missing: {name} {tuple(have[name].shape)}" for name in have if name not in state]
    problems += [f"not in the model: {name} {tuple(state[name].shape)}" for name in state if name not in have]
    problems += [
        f"{name}: the file has {tuple(state[name].shape)}, the model {tuple(have[name].shape)}"
        for name in have
        if name in state and state[name].shape != have[name].shape
    ]
    if problems:
        shown = problems[:20] + ([f"… and {len(problems) - 20} more"] if len(problems) > 20 else [])
        raise WeightsError(f"{path} does not fit the model:\n  " + "\n  ".join(shown))
    if bad := [name for name, value in state.items() if value.is_floating_point() and not value.isfinite().all()]:
        raise WeightsError(f"{path} holds NaN or infinity in: {', '.join(bad)}")
    module.load_state_dict(state)


def refuse_nan(module: nn.Module) -> None:
    """Looks for what no file could hold right.

    Raises:
        WeightsError: if a parameter or buffer has a NaN (all of them are named); an infinity may be a mask.
    """
    if bad := [
        name for name, value in module.state_dict().items() if value.is_floating_point() and value.isnan().any()
    ]:
        raise WeightsError(f"the model's weights are NaN in: {', '.join(bad)}; train or load them anew")


def weights_sha256(module: nn.Module) -> str:
    """A hash of every parameter and buffer with its name, dtype and shape, in the order of names."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _read(path: Path) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise WeightsError(f"{path} does not exist")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        kind = "safetensors" if path.suffix == ".safetensors" else "a checkpoint of tensors"
        raise WeightsError(f"{path} cannot be read as {kind}: {first}") from error
    state = state.get("state_dict", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise WeightsError(f"{path} is not a state dict: it has to map names to tensors")
    return state
