"""The packages that open a model on Android, and what an SDK needs for each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Library:
    """One dependency in the version catalog."""

    alias: str
    module: str
    version: str

    @property
    def accessor(self) -> str:
        """How Gradle's Kotlin DSL calls the alias."""
        return self.alias.replace("-", ".")


@dataclass(frozen=True)
class Engine:
    """What differs between the packages that open a model."""

    source: str
    """The engine's file in `templates/kotlin/runtime/`."""
    extra: tuple[tuple[str, str, str | None], ...] = ()
    """Further libraries: alias, module, and version if it is not the engine's own."""
    keep_rules: tuple[str, ...] = ()
    native_libraries: tuple[str, ...] = ()
    """System libraries that the manifest asks for (as not required)."""


ENGINES: dict[str, Engine] = {
    "litert": Engine(
        source="LiteRtEngine.kt",
        keep_rules=(
            "-keepclasseswithmembers class com.google.ai.edge.litert.** { native <methods>; }",
            "-keep class com.google.ai.edge.litert.LiteRtException { <init>(...); }",
            "-keep class com.google.ai.edge.litert.TensorType** { <init>(...); }",
        ),
        native_libraries=("libOpenCL.so", "libcdsprpc.so"),
    ),
    "tflite": Engine(
        source="TfLiteEngine.kt",
        extra=(
            ("engine-gpu", "org.tensorflow:tensorflow-lite-gpu", None),
            # tensorflow-lite-gpu refers to classes that only this library has, and does not depend on it:
            # https://github.com/tensorflow/tensorflow/issues/57934. 2.14.0 is the last version that Maven Central has.
            ("engine-gpu-api", "org.tensorflow:tensorflow-lite-gpu-api", "2.14.0"),
        ),
        keep_rules=("-keepclasseswithmembers class org.tensorflow.lite.** { native <methods>; }",),
        native_libraries=("libOpenCL.so",),
    ),
    "onnxruntime": Engine(
        source="OnnxEngine.kt",
        # ONNX Runtime's native code finds results, their types and exceptions by name; this is its makers' own rule.
        keep_rules=("-keep class ai.onnxruntime.** { *; }",),
    ),
}

PAGES: dict[bool | None, str] = {
    None: "Whether its native libraries suit 16 KB memory pages was not checked here.",
    True: "Its native libraries suit 16 KB memory pages.",
    False: "**Its native libraries are built for 4 KB memory pages**: Google Play takes no update of an app with it "
    "that targets Android 15 and later.",
}
