"""Networks with open sizes or states, captured and lowered as a build does it, in one process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deploykit.backends import BACKENDS
from deploykit.manifest import Interface
from deploykit.parity.compare import compare
from deploykit.parity.interface import differences
from deploykit.precisions import Precision
from deploykit.project import CONFIG, read_project
from deploykit.work.capture import Captured, capture
from deploykit.work.draws import load
from deploykit.work.lower import lower, requested
from deploykit.work.run import run

CODE = """
import torch
from torch import nn

class Mixed(nn.Module):
    "All types at the border, a size that two inputs share, and a state."
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.words, self.mix = nn.Embedding(10, 4), nn.Linear(4, 4)
    def forward(self, ids, more, count, on, h):
        x = (self.words(ids) + more) * on[..., None]
        s = torch.tanh(self.mix(h) + x.sum(1) + count.sum(1, keepdim=True).float() / 8)
        return {"y": x + s[:, None], "doubled": ids * 2 + count[:, :1], "off": ~on & (ids > 2), "h_next": s}

class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.words, self.places = nn.Embedding(50, 16), nn.Embedding(64, 16)
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, dropout=0.0)
        self.out = nn.Linear(16, 5)
    def forward(self, tokens, keep):
        x = self.words(tokens) + self.places(torch.arange(tokens.shape[1], device=tokens.device))
        first = torch.arange(tokens.shape[1], device=tokens.device) == 0
        return self.out(self.layer(x, src_key_padding_mask=~(keep | first)))

class Sound(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.out = nn.Conv1d(8, 64, 3, stride=2, padding=1), nn.Linear(64, 1000)
    def forward(self, x):
        y = self.conv(x).relu()
        return {"frames": self.out(y.transpose(1, 2)), "mean": y.mean(-1)}

class Stream(nn.Module):
    def __init__(self, layer):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.out = layer(8, 12, batch_first=True), nn.Linear(12, 3)
class Gru(Stream):
    def forward(self, x, h):
        y, h = self.layer(x, h)
        return {"y": self.out(y), "h_next": h}
class Lstm(Stream):
    def forward(self, x, h, c):
        y, (h, c) = self.layer(x, (h, c))
        return {"y": self.out(y), "h_next": h, "c_next": c}

class Decoder(nn.Module):
    "One token at a time, with a cache of fixed size that it writes in place of a mask's one row."
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.words, self.places = nn.Embedding(50, 16), nn.Embedding(32, 16)
        self.q, self.k, self.v, self.o = (nn.Linear(16, 16) for _ in range(4))
    def forward(self, token, at, keys, values):
        x, rows = self.words(token) + self.places(at), torch.arange(32, device=at.device)
        q, k, v = (f(x).view(1, 1, 2, 8).transpose(1, 2) for f in (self.q, self.k, self.v))
        here = (rows == at)[None, None, :, None]
        keys, values = torch.where(here, k, keys), torch.where(here, v, values)
        seen = (rows <= at)[None, None, None]
        y = nn.functional.scaled_dot_product_attention(q, keys, values, attn_mask=seen)
        return {"y": self.o(y.transpose(1, 2).flatten(2)), "keys_next": keys, "values_next": values}

class Share(nn.Module):
    "Its mean is of the size that it was traced with, if a converter is careless."
    def forward(self, x):
        return {"y": x * 2 / x.shape[1]}

class Fixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.linspace(1, 2, 100))
    def forward(self, x):
        y = x * 2
        return y * self.scale

class Same(nn.Module):
    def forward(self, x, z):
        return x + z

def mixed(): return Mixed()
def transformer(): return Transformer()
def sound(): return Sound()
def gru(): return Gru(nn.GRU)
def lstm(): return Lstm(nn.LSTM)
def decoder(): return Decoder()
def share(): return Share()
def fixed(): return Fixed()
def same(): return Same()
def window(): return nn.Conv1d(2, 2, 3)
"""

MIXED = """
[input]
ids = { type = "tensor", shape = [1, "n"], dtype = "int64", range = [0, 9] }
more = { type = "tensor", shape = [1, "n", 4] }
count = { type = "tensor", shape = [1, 3], dtype = "int32", range = [0, 5] }
on = { type = "tensor", shape = [1, "n"], dtype = "bool" }
h = { type = "tensor", shape = [1, 4], state = "h_next" }
[output]
y = { type = "tensor" }
doubled = { type = "tensor" }
off = { type = "tensor" }
h_next = { type = "tensor" }
[dim]
n = { values = [3, 8] }
"""

TRANSFORMER = """
[input]
tokens = { type = "tensor", shape = [1, "tokens"], dtype = "int64", range = [0, 49] }
keep = { type = "tensor", shape = [1, "tokens"], dtype = "bool" }
[output]
y = { type = "tensor" }
[dim]
tokens = { min = 1, max = 64 }
"""

SOUND = """
[input]
x = { type = "tensor", shape = [1, 8, "time"] }
[output]
frames = { type = "tensor" }
mean = { type = "tensor" }
[dim]
time = { values = [40, 100, 64] }
"""

GRU = """
[input.x]
type = "tensor"
shape = [1, 5, 8]
[input.h]
type = "tensor"
shape = [1, 1, 12]
state = "h_next"
[output.y]
type = "tensor"
[output.h_next]
type = "tensor"
"""

LSTM = GRU.replace("[output.y]", '[input.c]\ntype = "tensor"\nshape = [1, 1, 12]\nstate = "c_next"\n[output.y]')
LSTM += '[output.c_next]\ntype = "tensor"\n'

DECODER = """
[input]
token = { type = "tensor", shape = [1, 1], dtype = "int64", range = [0, 49] }
at = { type = "tensor", shape = [1], dtype = "int32", range = [0, 31] }
keys = { type = "tensor", shape = [1, 2, 32, 8], state = "keys_next" }
values = { type = "tensor", shape = [1, 2, 32, 8], state = "values_next" }
[output]
y = { type = "tensor" }
keys_next = { type = "tensor" }
values_next = { type = "tensor" }
"""

OPEN_X = """
[input.x]
type = "tensor"
shape = [1, "time"]
[output.y]
type = "tensor"
[dim.time]
min = 2
max = 100
"""

CONTRACTS = {
    "mixed": MIXED,
    "transformer": TRANSFORMER,
    "sound": SOUND,
    "gru": GRU,
    "lstm": LSTM,
    "decoder": DECODER,
}
"""By the factory of the network."""


@dataclass(frozen=True)
class Subject:
    """A captured model."""

    captured: Captured
    folder: Path


@dataclass(frozen=True)
class Went:
    """What came of a road."""

    file: Path
    interface: Interface
    problems: list[str]
    """In which the file's border is not the contract's."""


def project(name: str, contract: str, folder: Path) -> Path:
    """Writes a project and gives its config."""
    (folder / "m.py").write_text(CODE)
    (folder / CONFIG).write_text(f'[model]\nentry = "m.py:{name}"\n[task]\ntype = "tensors"\n{contract}')
    return folder / CONFIG


def subject(name: str, contract: str, folder: Path) -> Subject:
    """Captures a model."""
    (folder / "scratch").mkdir()
    return Subject(capture(read_project(project(name, contract, folder)), ("fp16",), folder / "scratch"), folder)


def go(
    given: Subject, backend: str, road: str, folder: Path, precision: Precision = "fp32", min_os: str = "17.0"
) -> Went:
    """Lowers a model by a road."""
    contract = given.captured.project.contract
    request = requested(given.captured, precision, {"min_os": min_os}, folder / "file")
    file, _, _ = lower(backend, road, Captured.program(given.folder / "scratch"), request)
    interface = BACKENDS[backend].read_interface(file)
    return Went(file, interface, differences(given.captured.signature, interface, None, contract.states))


def measure(given: Subject, file: Path, runner: str) -> dict[str, float]:
    """dB against PyTorch by kind of input; minus infinity where an integer or a bool is another one."""
    outputs = file.parent / f"{runner}.npz"
    run(runner, file, given.folder / "scratch" / "inputs.npz", outputs)
    made, found = load(outputs), {}
    for kind, reference in load(given.folder / "scratch" / "fp32.npz").items():
        figures = compare(reference, made[kind])
        right = figures.index_agreement in (None, 1.0) and figures.snr_db is not None
        found[kind] = figures.snr_db if right and figures.snr_db is not None else float("-inf")
    return found
