// Signatures only: the product that Xcode and Swift Playgrounds add to package manifests (WWDC 2022,
// https://developer.apple.com/documentation/swift-playgrounds). The names are those that Xcode writes into a new app.

import PackageDescription

public struct AppIcon {
    public struct PlaceholderIcon: Sendable { public static let images = PlaceholderIcon() }
    public static func placeholder(icon: PlaceholderIcon) -> AppIcon { AppIcon() }
}
public struct AccentColor {
    public struct PresetColor: Sendable { public static let blue = PresetColor() }
    public static func presetColor(_ color: PresetColor) -> AccentColor { AccentColor() }
}
public enum DeviceFamily { case pad, phone, mac }
public struct DeviceFamilyCondition {
    public static func when(deviceFamilies: [DeviceFamily]) -> DeviceFamilyCondition { DeviceFamilyCondition() }
}
public struct InterfaceOrientation: Sendable {
    public static let portrait = InterfaceOrientation()
    public static let landscapeLeft = InterfaceOrientation()
    public static let landscapeRight = InterfaceOrientation()
    public static func portraitUpsideDown(_ condition: DeviceFamilyCondition) -> InterfaceOrientation {
        InterfaceOrientation()
    }
}
public struct Capability {
    public static func camera(purposeString: String) -> Capability { Capability() }
}
extension Product {
    public static func iOSApplication(
        name: String, targets: [String], bundleIdentifier: String? = nil, teamIdentifier: String? = nil,
        displayVersion: String? = nil, bundleVersion: String? = nil, appIcon: AppIcon? = nil,
        accentColor: AccentColor? = nil, supportedDeviceFamilies: [DeviceFamily],
        supportedInterfaceOrientations: [InterfaceOrientation], capabilities: [Capability] = []
    ) -> Product { .executable(name: name, targets: targets) }
}
