"""Which files an Android SDK has, and what each is made from."""

from __future__ import annotations

PACKED_FROM = 150_000_000
"""Bytes of a model from which on it travels in an AI pack of its own. Google Play takes 200 MB of an app's base module,
where a library's assets are, and the app needs some of that (`deploykit/store/limits.toml` has the limits' sources)."""

FILES: dict[str, str] = {
    "settings.gradle.kts.jinja": "settings.gradle.kts",
    "build.gradle.kts.jinja": "build.gradle.kts",
    "gradle.properties": "gradle.properties",
    "editorconfig": ".editorconfig",
    "gitignore": ".gitignore",
    "README.md.jinja": "README.md",
    "gradle/libs.versions.toml.jinja": "gradle/libs.versions.toml",
    "gradle/gradle-wrapper.properties": "gradle/wrapper/gradle-wrapper.properties",
    "library/build.gradle.kts.jinja": "{module}/build.gradle.kts",
    "library/consumer-rules.pro.jinja": "{module}/consumer-rules.pro",
    "library/AndroidManifest.xml.jinja": "{module}/src/main/AndroidManifest.xml",
    "library/Model.kt.jinja": "{module}/src/main/kotlin/{package}/{class}.kt",
    "app/build.gradle.kts.jinja": "app/build.gradle.kts",
    "app/AndroidManifest.xml.jinja": "app/src/main/AndroidManifest.xml",
    "app/src/MainActivity.kt.jinja": "app/src/main/kotlin/{package}/sample/MainActivity.kt",
    "app/src/SampleApp.kt.jinja": "app/src/main/kotlin/{package}/sample/SampleApp.kt",
    "app/src/Shown.kt.jinja": "app/src/main/kotlin/{package}/sample/Shown.kt",
    "app/src/SelfTestScreen.kt.jinja": "app/src/main/kotlin/{package}/sample/SelfTestScreen.kt",
    "app/res/values/strings.xml.jinja": "app/src/main/res/values/strings.xml",
    "app/res/values/colors.xml": "app/src/main/res/values/colors.xml",
    "app/res/values/themes.xml": "app/src/main/res/values/themes.xml",
    "app/res/values-night/themes.xml": "app/src/main/res/values-night/themes.xml",
    "app/res/drawable/ic_launcher_foreground.xml": "app/src/main/res/drawable/ic_launcher_foreground.xml",
    "app/res/mipmap/ic_launcher.xml": "app/src/main/res/mipmap/ic_launcher.xml",
    "app/res/mipmap-anydpi-v26/ic_launcher.xml": "app/src/main/res/mipmap-anydpi-v26/ic_launcher.xml",
}
"""Template or verbatim file in `templates/kotlin/` → its place in the SDK."""

PICTURE_APP: dict[str, str] = {
    "app/src/SampleViewModel.kt.jinja": "app/src/main/kotlin/{package}/sample/SampleViewModel.kt",
    "app/src/CameraScreen.kt.jinja": "app/src/main/kotlin/{package}/sample/CameraScreen.kt",
    "app/src/PictureScreen.kt.jinja": "app/src/main/kotlin/{package}/sample/PictureScreen.kt",
    "app/src/Pictures.kt.jinja": "app/src/main/kotlin/{package}/sample/Pictures.kt",
    "app/src/tasks/{task}.kt.jinja": "app/src/main/kotlin/{package}/sample/Result.kt",
}
"""The same for the sample app of a task that takes a picture."""

TENSOR_APP: dict[str, str] = {
    "app/src/TensorViewModel.kt.jinja": "app/src/main/kotlin/{package}/sample/SampleViewModel.kt",
    "app/src/TensorScreen.kt.jinja": "app/src/main/kotlin/{package}/sample/TensorScreen.kt",
}
"""The same for all other tasks."""

PACK: dict[str, str] = {"pack/build.gradle.kts.jinja": "{pack}/build.gradle.kts"}
"""The same for a model that travels in an AI pack (developer.android.com/google/play/on-device-ai)."""
