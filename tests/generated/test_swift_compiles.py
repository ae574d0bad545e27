"""The generated Swift is compiled by a real Swift 6, its tests run, and its preprocessing is compared to Python's.

What needs Apple's frameworks is compiled against the modules in `swift/stubs`, which have signatures only, and in
`swift/standins`, which work: `test_swift_sdks.py` runs packages on those.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import shutil
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from deploykit.codegen import swift
from deploykit.codegen.write import write_tree
from deploykit.spec import ImageInput
from deploykit.transforms import preprocess
from tests.generated.swift.sample_sdk import ONNXRUNTIME, Engine, sample, tensors
from tests.generated.swift.workshop import SOURCES, STRICT, Workshop
from tests.tools import require_tool

ENGINES: tuple[Engine, ...] = ("coreml", "onnxruntime")
PACKAGES = (*ENGINES, "tensors")
"""Two that classify, with the nastiest labels and with ten thousand; and one of tensors with the nastiest names."""

EXIF_ORIENTATION = 0x0112

no_stubs_on_a_mac = pytest.mark.skipif(
    sys.platform == "darwin", reason="a Mac has the real frameworks: `swift build` compiles the Apple layer there"
)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    made = Workshop(tmp_path_factory.mktemp("swift"), require_tool("swift"))
    root = made.root
    labels = tuple(f"label {i}" for i in range(10_000))
    for engine in ENGINES:
        sdk = sample(root / "inputs" / engine, engine, *([labels] if engine == "onnxruntime" else []))
        write_tree(swift.files(sdk), root / engine)
    write_tree(swift.files(tensors(root / "inputs" / "tensors")), root / "tensors")
    # A Mac has the real package.
    if sys.platform != "darwin":
        manifest = root / "onnxruntime" / "Package.swift"
        text, count = re.subn(
            rf'url: "{ONNXRUNTIME}", from: "[0-9.]+"',
            'path: "../onnxruntime-swift-package-manager"',
            manifest.read_text(),
        )
        assert count == 1
        manifest.write_text(text)
    for extra in ("ParityTests.swift", "CompiledModelCacheTests.swift"):
        shutil.copy(SOURCES / extra, root / "coreml" / "Tests" / "TortureTests")
    (root / "coreml" / "parity.json").write_text(json.dumps(list(parity_cases())))
    return made


@pytest.fixture(scope="module")
def apple(workshop: Workshop) -> Workshop:
    done = workshop.run("./build_stubs.sh", "modules")
    assert done.returncode == 0, done.stdout
    return workshop


@pytest.mark.parametrize("package", PACKAGES)
def test_the_package_builds_without_a_warning_and_its_tests_pass(workshop: Workshop, package: str) -> None:
    built = workshop.run("swift", "build", "--build-tests", *STRICT, within=package)
    assert built.returncode == 0, built.stdout
    tested = workshop.run("swift", "test", "--skip-build", *STRICT, within=package)
    assert tested.returncode == 0, tested.stdout
    assert re.search(r"Test run with \d\d tests passed", tested.stdout), tested.stdout
    if package == "coreml":
        assert re.search(r"parity: \d\d\d pictures, worst difference [01] of 255", tested.stdout), tested.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_swift_format_finds_nothing_to_change(workshop: Workshop, package: str) -> None:
    # Named one by one: .build holds what SwiftPM generates, and two of the test files here are not the package's.
    parts = ("Package.swift", "Sources", "App", *(f"Tests/TortureTests/{name}.swift" for name in TESTS))
    options = ("--strict", "--recursive", "--configuration", ".swift-format")
    done = workshop.run("swift", "format", "lint", *options, *parts, within=package)
    assert done.returncode == 0, done.stdout


TESTS = ("PackageTests", "PreprocessingTests", "SessionTests", "StandIns")


@no_stubs_on_a_mac
@pytest.mark.parametrize("package", PACKAGES)
def test_the_apple_layer_and_the_app_compile(apple: Workshop, package: str) -> None:
    done = apple.check_apple(package, "Torture")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("checked: ") == 3


MISTAKES = {
    "a wrong type": ("let units: MLComputeUnits = 5", "cannot convert value of type 'Int'"),
    "an unknown method": ("func f(_ m: MLModel) { m.predict() }", "has no member 'predict'"),
    "a data race": ("func f(_ m: MLModel) { Task.detached { print(m) }; print(m) }", "data race"),
}


@no_stubs_on_a_mac
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_code_for_apple_only_is_caught(apple: Workshop, mistake: str) -> None:
    code, message = MISTAKES[mistake]
    broken = apple.root / "broken"
    shutil.rmtree(broken, ignore_errors=True)
    shutil.copytree(apple.root / "coreml", broken, ignore=shutil.ignore_patterns(".build"))
    file = broken / "Sources" / "Torture" / "Mistake.swift"
    file.write_text(f"#if canImport(CoreML)\n    import CoreML\n\n    {code}\n#endif\n")
    done = apple.check_apple("broken", "Torture")
    assert done.returncode != 0
    assert message in done.stdout, done.stdout


def test_the_app_finds_the_package_whatever_its_folder_is_called(workshop: Workshop) -> None:
    """SwiftPM's part of the app's manifest; the product that only Xcode knows is left out."""
    renamed = workshop.root / "renamed"
    shutil.copytree(workshop.root / "coreml", renamed, ignore=shutil.ignore_patterns(".build"))
    app = renamed / "App" / "TortureSample.swiftpm"
    text = (app / "Package.swift").read_text().replace("import AppleProductTypes\n", "")
    (app / "Package.swift").write_text(re.sub(r"    products: \[.*?\n    \],\n", "", text, flags=re.DOTALL))
    # Listing plugins is the cheapest command that resolves every target's dependencies.
    done = workshop.run("swift", "package", "plugin", "--list", within=str(app.relative_to(workshop.root)))
    assert done.returncode == 0, done.stdout


SIZES = ((1, 1), (2, 3), (7, 5), (40, 31), (63, 64))
OUTPUTS = ((1, 1), (8, 8), (13, 32))
STEPS = (("none", 1.0), ("center", 0.875), ("letterbox", 1.0))


def expected(picture: Image.Image, spec: ImageInput) -> bytes:
    """What Python makes of `picture`, with Pillow held to the order of its versions up to 12: columns, then rows.

    Pillow 13 takes the cheaper order, which can move a byte by a few steps; the definition cannot depend on that.
    """
    resize = Image.Image.resize

    def columns_then_rows(image: Image.Image, size: tuple[int, int], resample: int) -> Image.Image:
        return resize(resize(image, (size[0], image.height), resample), size, resample)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image.Image, "resize", columns_then_rows)
        return preprocess(picture, spec).astype(np.uint8).tobytes()


def parity_cases() -> Iterator[dict[str, object]]:
    """Pictures of odd sizes and what Python makes of them, over every filter, crop, colour and orientation."""
    random = np.random.default_rng(7)
    colors = itertools.cycle(("rgb", "gray", "bgr"))
    orientations = itertools.cycle(range(1, 9))
    sources = itertools.cycle(("RGB", "RGB", "L"))
    for (width, height), size, resize, (crop, fraction) in itertools.product(
        SIZES, OUTPUTS, ("nearest", "bilinear", "bicubic"), STEPS
    ):
        mode, color, orientation = next(sources), next(colors), next(orientations)
        shape = (height, width) if mode == "L" else (height, width, 3)
        picture = Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8))
        picture.getexif()[EXIF_ORIENTATION] = orientation
        spec = ImageInput(type="image", size=size, color=color, resize=resize, crop=crop, crop_fraction=fraction)
        yield {
            "name": f"{width}x{height} {mode} {orientation} to {size} {color} {resize} {crop}",
            "picture": base64.b64encode(picture.tobytes()).decode(),
            "width": width,
            "height": height,
            "channels": len(picture.getbands()),
            "orientation": orientation,
            "outWidth": size[1],
            "outHeight": size[0],
            "color": color,
            "resize": resize,
            "crop": crop,
            "fraction": fraction,
            "expected": base64.b64encode(expected(picture, spec)).decode(),
        }
