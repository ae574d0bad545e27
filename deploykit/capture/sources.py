"""Where a model comes from: one small function per kind of entry."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from deploykit.errors import EntryError


@dataclass(frozen=True)
class Picture:
    """What a model zoo says of the pictures that a network was made for."""

    size: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    resize: str
    crop_fraction: float


@dataclass(frozen=True)
class Source:
    """A loaded network, before weights and export."""

    module: nn.Module
    example_inputs: tuple[torch.Tensor, ...] | None
    """What the factory gave beside the module, or what the zoo knows; None if neither."""
    trained: bool
    """Whether the weights are known to be trained. A factory's are its own affair: True."""
    picture: Picture | None = None


def load_source(entry: str, root: Path) -> Source:
    """Builds the network of an entry, with torch's generator seeded to 0 so that fresh weights are the same each time.

    Args:
        entry: `path.py:factory`, `package.module:factory`, `timm:NAME` or `torchvision:NAME`.
        root: the folder that `path.py` is relative to.

    Raises:
        EntryError: if the entry is not found, or its factory fails or gives something else.
    """
    head, _, name = entry.partition(":")
    torch.manual_seed(0)
    with project_on_path(root):
        if head in ZOOS:
            return ZOOS[head](name)
        return _from_factory(entry, load_attribute(entry, root))


def load_attribute(entry: str, root: Path) -> Any:
    """The object that `file.py:name` or `package.module:name` stands for.

    Raises:
        EntryError: if the file, the module or the name is missing, or importing it fails.
    """
    head, _, name = entry.partition(":")
    module = _import_file(root / head, entry) if head.endswith(".py") else _import_module(head, entry)
    if not hasattr(module, name):
        public = sorted(n for n, v in vars(module).items() if callable(v) and not n.startswith("_"))
        raise EntryError(f"{entry}: {head} has no {name!r}; it has: {', '.join(public) or 'no functions'}")
    return getattr(module, name)


@contextmanager
def project_on_path(root: Path) -> Iterator[None]:
    """While a project's code runs, its own folder can be imported from."""
    sys.path.insert(0, str(root.resolve()))
    try:
        yield
    finally:
        sys.path.remove(str(root.resolve()))


def explain(error: BaseException, root: Path) -> str:
    """The error and the last line of the user's own code that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    mine = [f for f in frames if Path(f.filename).is_relative_to(root.resolve()) and "site-packages" not in f.filename]
    at = (
        f" at {Path(mine[-1].filename).relative_to(root.resolve())}:{mine[-1].lineno} ({mine[-1].line})" if mine else ""
    )
    return f"{type(error).__name__}: {error}{at}"


def _import_file(path: Path, entry: str) -> ModuleType:
    if not path.is_file():
        near = sorted(p.name for p in path.parent.glob("*.py")) if path.parent.is_dir() else []
        raise EntryError(f"{entry}: {path} does not exist; Python files there: {', '.join(near) or 'none'}")
    spec = importlib.util.spec_from_file_location(f"_deploykit_project_{path.stem}", path.resolve())
    if spec is None or spec.loader is None:
        raise EntryError(f"{entry}: {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickles look their module up
    try:
        with project_on_path(path.parent):
            spec.loader.exec_module(module)
    except Exception as error:
        raise EntryError(f"{entry}: importing {path.name} failed: {explain(error, path.parent)}") from error
    return module


def _import_module(name: str, entry: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise EntryError(
            f"{entry}: no module {error.name!r}; install it, or write path.py:factory for a file"
        ) from error
    except Exception as error:
        raise EntryError(f"{entry}: importing {name} failed: {type(error).__name__}: {error}") from error


def _from_factory(entry: str, factory: Callable[[], object]) -> Source:
    code = getattr(factory, "__code__", None)
    root = Path(code.co_filename).parent if code else Path.cwd()
    if not callable(factory):
        raise EntryError(
            f"{entry}: is a {type(factory).__name__}; a factory is a function (or class) without arguments"
        )
    try:
        made = factory()
    except Exception as error:
        raise EntryError(f"{entry}: the factory raised {explain(error, root)}") from error
    module, inputs = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    if isinstance(inputs, torch.Tensor):
        inputs = (inputs,)
    if not isinstance(module, nn.Module):
        raise EntryError(
            f"{entry}: the factory gave {_kind(made)}; it has to give a torch.nn.Module or (module, example_inputs)"
        )
    if inputs is not None and not (
        isinstance(inputs, tuple | list) and all(isinstance(i, torch.Tensor) for i in inputs)
    ):
        raise EntryError(f"{entry}: example_inputs is {_kind(inputs)}; it has to be a tuple of tensors")
    return Source(module, tuple(inputs) if inputs is not None else None, trained=True)


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=5)
    return f"near it: {', '.join(near)}" if near else "nothing is called nearly so"


def _kind(value: object) -> str:
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of ({', '.join(type(v).__name__ for v in value)})"
    return f"a {type(value).__name__}"


def _from_timm(name: str) -> Source:
    timm = _import_module("timm", f"timm:{name}")
    if not timm.is_model(name):
        raise EntryError(f"timm:{name}: timm {timm.__version__} has no such model; {_near(name, timm.list_models())}")
    module = timm.create_model(name, pretrained=False)
    cfg = module.pretrained_cfg
    shape = tuple(cfg["input_size"])
    picture = Picture(
        shape[1:],
        tuple(cfg["mean"]),
        tuple(cfg["std"]),
        cfg.get("interpolation", "bicubic"),
        cfg.get("crop_pct") or 1.0,
    )
    return Source(module, (torch.rand(1, *shape),), trained=False, picture=picture)


def _from_torchvision(name: str) -> Source:
    models = _import_module("torchvision.models", f"torchvision:{name}")
    if name not in models.list_models():
        raise EntryError(f"torchvision:{name}: torchvision has no such model; {_near(name, models.list_models())}")
    builder = inspect.signature(models.get_model_builder(name)).parameters
    backbone = {"weights_backbone": None} if "weights_backbone" in builder else {}
    module = models.get_model(name, weights=None, **backbone)
    if name in models.list_models(models.detection):
        # Detectors normalise for themselves; what they resize to is the size to give them.
        height, width = (module.transform.fixed_size or (module.transform.min_size[-1],) * 2)[::-1]
        return Source(module, (torch.rand(1, 3, height, width),), trained=False)
    # ImageNet constants: https://docs.pytorch.org/vision/stable/models.html (every classification preset uses them).
    picture = Picture((224, 224), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "bilinear", 0.875)
    return Source(module, (torch.rand(1, 3, 224, 224),), trained=False, picture=picture)


ZOOS: dict[str, Callable[[str], Source]] = {"timm": _from_timm, "torchvision": _from_torchvision}
