#!/usr/bin/env bash
# Compiles the modules that Apple's stand for: those with signatures only, and those that work: build_stubs.sh MODULES
set -euo pipefail
modules="$1"
manifest_api="$(dirname "$(readlink -f "$(command -v swiftc)")")/../lib/swift/pm/ManifestAPI"
mkdir -p "$modules"
# In the order in which they import each other.
for file in standins/{Reference/Reference,CoreGraphics/CoreGraphics,CryptoKit/CryptoKit}.swift stubs/{CoreVideo,VideoToolbox}.swift \
    standins/{ImageIO/ImageIO,CoreML/CoreML}.swift stubs/UIKit.swift \
    onnxruntime-swift-package-manager/Sources/OnnxRuntimeBindings/OnnxRuntimeBindings.swift \
    stubs/{SwiftUI,PhotosUI,AppleProductTypes}.swift; do
    name="$(basename "$file" .swift)"
    swiftc -emit-module -module-name "$name" -parse-as-library -swift-version 6 -warnings-as-errors \
        -I "$modules" -I onnxruntime-swift-package-manager/Sources/COnnxRuntime -I "$manifest_api" \
        -o "$modules/$name.swiftmodule" "$file"
done
