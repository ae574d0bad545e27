// swift-tools-version: 6.0

// Stands in for https://github.com/microsoft/onnxruntime-swift-package-manager, which has binaries for Apple only: the
// same product and module, with the signatures of ../stubs/OnnxRuntimeBindings.swift.

import PackageDescription

let package = Package(
    name: "onnxruntime",
    products: [.library(name: "onnxruntime", targets: ["OnnxRuntimeBindings"])],
    targets: [.target(name: "OnnxRuntimeBindings", path: "Sources")]
)
