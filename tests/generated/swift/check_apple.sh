#!/usr/bin/env bash
# Compiles a package's Apple layer, its sample app and the app's manifest against the modules of build_stubs.sh:
# check_apple.sh PACKAGE MODULE MODULES
#
# As far as SIL, not just -typecheck: data races between actors (SE-0414) are found by a pass over SIL.
set -euo pipefail
package="$1" module="$2" modules="$3"
manifest_api="$(dirname "$(readlink -f "$(command -v swiftc)")")/../lib/swift/pm/ManifestAPI"
own="$(mktemp -d)"
trap 'rm -rf "$own"' EXIT
flags=(-swift-version 6 -warnings-as-errors -parse-as-library -wmo -I "$modules"
    -I onnxruntime-swift-package-manager/Sources/COnnxRuntime -I "$own" -emit-sil -o "$own/out.sil")

# SwiftPM would write this accessor.
printf 'import Foundation\nextension Bundle { static let module = Bundle.main }\n' >"$own/accessor.swift"
swiftc "${flags[@]}" -module-name "$module" -emit-module -emit-module-path "$own/$module.swiftmodule" \
    "$package/Sources/$module"/*.swift "$package/Sources/$module/Runtime"/*.swift "$own/accessor.swift"
echo "checked: $module"

app="$package/App/${module}Sample.swiftpm"
swiftc "${flags[@]}" -module-name SampleApp "$app/Sources"/*.swift
echo "checked: SampleApp"

swiftc -typecheck -swift-version 6 -warnings-as-errors -package-description-version 6.0.0 \
    -I "$modules" -I "$manifest_api" "$app/Package.swift"
echo "checked: Package.swift of the app"
