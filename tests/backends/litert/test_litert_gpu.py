"""LiteRT's GPU engine: right numbers where there is a driver, and a reason wherever there are none."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import Builder

from deploykit import vulkan
from deploykit.backends import RUNNERS
from deploykit.backends.litert import gpu
from deploykit.backends.litert.gpu import GpuRunner
from deploykit.backends.litert.gpu_log import WHOLE, parts, read_residency, refusal
from deploykit.backends.litert.runner import LiteRtRunner
from deploykit.errors import ArtifactError, RunnerLimitError, RunnerStoppedError
from deploykit.parity.inputs import Draws
from deploykit.vulkan import Driver
from deploykit.work.draws import save
from deploykit.work.run import Asked, Measured, run

ROOT = Path(__file__).parents[3]
DIGITS = ROOT / "sample_apps/digits/android/digits/src/main/assets/ai.deploykit.samples.digits/model.tflite"

needs_driver = pytest.mark.skipif(vulkan.unavailable() is not None, reason=str(vulkan.unavailable()))

SAID = """INFO: [delegate_webgpu.cc:342] Create WebGPU environment
I0000 environment.cc:532] Selected adapter: SwiftShader Device (Subzero), arch=swiftshader, vendor=google, \
backend=Vulkan, adapterType=CPU / Software
"""
LEFT = """ERROR: Following operations are not supported by GPU delegate:
DEQUANTIZE: 
RESHAPE: Tensor dimensions must be less than 5. view_1
RESHAPE: Tensor dimensions must be less than 5. view_2
CAST: Tensor type(INT64) is not supported. getitem_1
207 operations will run on the GPU, and the remaining 364 operations will run on the CPU.
"""  # noqa: W291 - as the engine writes it


@pytest.fixture
def picture() -> np.ndarray:
    with LiteRtRunner(DIGITS) as runner:
        (taken,) = runner.takes()
    return np.random.default_rng(1).uniform(0, 255, taken.default or taken.shape).astype(taken.dtype)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some driver, so that the engine's process is started on any host."""
    monkeypatch.setattr(vulkan, "find", lambda: Driver((Path("stand_in_icd.json"),)))


@needs_driver
def test_it_computes_what_the_cpu_does(picture: np.ndarray) -> None:
    with LiteRtRunner(DIGITS) as cpu, RUNNERS["litert-gpu"].open(DIGITS, arithmetic="fp32") as runner:
        assert runner.takes() == cpu.takes()
        wanted, got = cpu.run({"image": picture}), runner.run({"image": picture})
        again = runner.run({"image": picture})
        where = runner.residency()
    assert np.abs(wanted["scores"] - got["scores"]).max() < 1e-6
    assert not np.array_equal(wanted["scores"], got["scores"])  # else it is the CPU's answer
    assert np.array_equal(got["scores"], again["scores"])
    assert where is not None
    assert (where.on_cpu, where.left, where.arithmetic) == (0, (), "fp32")
    assert where.adapter != "unknown"


@needs_driver
def test_a_driver_without_fp16_is_found_out(picture: np.ndarray) -> None:
    with GpuRunner(DIGITS, "fp32") as plain, GpuRunner(DIGITS, "fp16") as half:
        same = np.array_equal(plain.run({"image": picture})["scores"], half.run({"image": picture})["scores"])
        assert half.residency().arithmetic == ("fp32" if same else "fp16")
        if "SwiftShader" in half.residency().adapter:
            assert same


@needs_driver
def test_a_file_with_a_custom_op_is_refused(tmp_path: Path) -> None:
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(DIGITS.read_bytes()))
    code = model.operatorCodes[model.subgraphs[0].operators[-1].opcodeIndex]
    code.builtinCode, code.deprecatedBuiltinCode, code.customCode = schema.BuiltinOperator.CUSTOM, 32, "Mystery"
    builder = Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    (tmp_path / "custom.tflite").write_bytes(builder.Output())
    with pytest.raises(RunnerLimitError, match=r"does not take the file: .*Mystery"):
        GpuRunner(tmp_path / "custom.tflite")


@needs_driver
def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.tflite").write_bytes(b"nothing of the kind")
    with pytest.raises(RunnerLimitError, match="does not take the file"):
        GpuRunner(tmp_path / "no.tflite")


@needs_driver
def test_wrong_inputs_are_an_error(picture: np.ndarray) -> None:
    with GpuRunner(DIGITS) as runner:
        with pytest.raises(ArtifactError, match="the file takes"):
            runner.run({"picture": picture})
        assert runner.run({"image": picture})["scores"].shape == (1, 10)


def test_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vulkan, "find", lambda: "there is no driver")
    with pytest.raises(RunnerLimitError, match="there is no driver"):
        GpuRunner(DIGITS)


@pytest.mark.usefixtures("stand_in")
def test_one_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        gpu, "HOST", f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"
    )
    start = time.monotonic()
    with pytest.raises(RunnerStoppedError, match="was not done after 2 s"):
        GpuRunner(DIGITS, limit_s=2)
    assert time.monotonic() - start < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.usefixtures("stand_in")
def test_a_crash_at_opening_is_a_failure_and_a_kill_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpu, "HOST", "import os; print('last words', flush=True); os.kill(os.getpid(), 11)")
    with pytest.raises(
        ArtifactError, match="crashed when it opened the file: its process was ended by SIGSEGV"
    ) as crash:
        GpuRunner(DIGITS)
    assert not isinstance(crash.value, RunnerLimitError)
    assert "last words" in capfd.readouterr().out
    monkeypatch.setattr(gpu, "HOST", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(RunnerStoppedError, match="out of memory"):
        GpuRunner(DIGITS)


@pytest.mark.usefixtures("stand_in")
def test_a_crash_at_a_run_is_a_failure(monkeypatch: pytest.MonkeyPatch, picture: np.ndarray) -> None:
    serve = (
        "import os, sys; sys.path[:] = {path!r}; from multiprocessing.connection import Connection\n"
        "from deploykit.backends.litert.gpu_host import Opened\n"
        "end = Connection({channel}); end.send(Opened(True, ())); end.recv(); os.kill(os.getpid(), 11)"
    )
    monkeypatch.setattr(gpu, "HOST", serve)
    with (
        GpuRunner(DIGITS) as runner,
        pytest.raises(ArtifactError, match="crashed when it ran the file: its process was ended by SIGSEGV") as crash,
    ):
        runner.run({"image": picture})
    assert not isinstance(crash.value, RunnerLimitError)


def test_a_refused_driver_is_named_with_the_reason() -> None:
    said = (
        "Warning: Vulkan shaderUniform*ArrayDynamicIndexing required.\n - While initializing adapter\n"
        "ERROR: [delegate_webgpu.cc:359] Failed to initialize WebGPU environment: INTERNAL: No adapters found\n"
    )
    told = str(refusal(said, "ERROR: [a.h:1]\n└ ERROR: [b.cc:2]", Driver((Path("/etc/lvp_icd.json"),))))
    assert (
        "refuses this host's Vulkan driver (lvp_icd.json): Vulkan shaderUniform*ArrayDynamicIndexing required." in told
    )
    assert "apt-get install chromium" in told


def test_a_refused_file_is_told_in_the_engines_words() -> None:
    said = "ERROR: Node number 2 (CONV_2D) failed to prepare.\nERROR: [x.cc:1] noise\n"
    driver = Driver((Path("icd.json"),))
    assert "take the file: Node number 2 (CONV_2D) failed to prepare. An" in str(refusal(said, "other", driver))
    assert "take the file: no room. An" in str(refusal("", "ERROR: [a.h:1]\n└ no room", driver))


def test_residency_is_read_from_the_log() -> None:
    whole = read_residency(SAID, True, "fp32")
    assert (whole.adapter, whole.software, whole.on_cpu) == ("SwiftShader Device (Subzero)", True, 0)
    some = read_residency(SAID + LEFT, False, "fp16")
    assert (some.on_gpu, some.on_cpu) == (207, 364)
    assert some.left == (
        "CAST: Tensor type(INT64) is not supported",
        "DEQUANTIZE",
        "RESHAPE: Tensor dimensions must be less than 5",
    )
    two = read_residency(SAID + LEFT + "INFO: next signature\n" + LEFT, False, "fp16")
    assert (two.on_gpu, two.on_cpu, two.left) == (414, 728, some.left)
    none = "No operations will run on the GPU, and all 9 operations will run on the CPU.\n"
    assert (read_residency(none, False, "fp32").on_gpu, read_residency(none, False, "fp32").on_cpu) == (0, 9)
    unknown = read_residency("", False, "fp32")
    assert (unknown.adapter, unknown.on_gpu, unknown.on_cpu) == ("unknown", None, None)
    assert not read_residency(SAID.replace("CPU / Software", "Discrete GPU"), True, "fp32").software


def outcome(tmp_path: Path, draws: dict[str, Draws]) -> tuple[Measured, Path]:
    save(tmp_path / "inputs.npz", draws)
    asked = Asked({}, 0, tmp_path / "fp32.npz", tmp_path / "truths", {})
    made = run("litert-gpu", DIGITS, tmp_path / "inputs.npz", tmp_path / "out.npz", asked, {"arithmetic": "fp32"})
    return made, tmp_path / "out.npz"


def test_a_job_without_a_driver_says_so_and_can_be_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(vulkan, "find", lambda: "there is no driver")
    made, out = outcome(tmp_path, {"random": {"image": np.zeros((1, 1))}})
    assert made == Measured(limit="there is no driver")
    assert not out.exists()


@needs_driver
def test_a_job_runs_a_few_draws_of_each_kind(picture: np.ndarray, tmp_path: Path) -> None:
    many = {"random": {"image": np.stack([picture] * 9)}, "zeros": {"image": np.zeros((1, *picture.shape), "float32")}}
    made, out = outcome(tmp_path, many)
    assert made.parts == WHOLE
    assert made.gpu is not None
    assert made.gpu.on_cpu == 0
    with np.load(out) as arrays:
        assert {key: arrays[key].shape for key in arrays.files} == {
            "random/scores": (2, 1, 10),
            "zeros/scores": (1, 1, 10),
        }


def test_what_is_said_of_parts_is_cut_out_of_the_log() -> None:
    assert parts(SAID, whole=True) == WHOLE
    assert parts(SAID + LEFT, whole=False).splitlines()[1] == "DEQUANTIZE: "
    assert parts(SAID + LEFT, whole=False).endswith("207 operations will run on the GPU")
    assert parts("I0000 chatter\nsomething new at 0x55ab in /tmp/x/y.cc\n", whole=False) == "something new at  in y.cc"
