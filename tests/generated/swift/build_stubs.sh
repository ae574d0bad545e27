#!/usr/bin/env bash
# Compiles the signature-only modules: build_stubs.sh STUBS MODULES
set -euo pipefail
stubs="$1" modules="$2"
manifest_api="$(dirname "$(readlink -f "$(command -v swiftc)")")/../lib/swift/pm/ManifestAPI"
mkdir -p "$modules"
# In the order in which they import each other.
for name in CoreGraphics CoreVideo VideoToolbox ImageIO CoreML UIKit OnnxRuntimeBindings SwiftUI PhotosUI AppleProductTypes; do
    swiftc -emit-module -module-name "$name" -parse-as-library -swift-version 6 -warnings-as-errors \
        -I "$modules" -I "$manifest_api" -o "$modules/$name.swiftmodule" "$stubs/$name.swift"
done
