// swift-tools-version: 6.0

// Stands in for https://github.com/microsoft/onnxruntime-swift-package-manager, which has binaries for Apple only: the
// same product and module, over the C library that Debian packages as libonnxruntime-dev.

import PackageDescription

let package = Package(
    name: "onnxruntime",
    products: [.library(name: "onnxruntime", targets: ["OnnxRuntimeBindings"])],
    targets: [
        .systemLibrary(name: "COnnxRuntime"),
        .target(name: "OnnxRuntimeBindings", dependencies: ["COnnxRuntime"]),
    ],
    swiftLanguageModes: [.v6]
)
