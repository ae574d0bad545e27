// Signatures only. PhotosPicker lives in the overlay of PhotosUI and SwiftUI, visible where both are imported.

import SwiftUI

/// https://developer.apple.com/documentation/coretransferable/transferable
public protocol Transferable {}
extension Data: Transferable {}

/// https://developer.apple.com/documentation/photokit/photospickeritem
public struct PhotosPickerItem: Equatable, Hashable, Sendable {
    /// https://developer.apple.com/documentation/photokit/photospickeritem/loadtransferable(type:)
    public func loadTransferable<T: Transferable & Sendable>(type: T.Type) async throws -> T? { fatalError() }
}

/// https://developer.apple.com/documentation/photokit/phpickerfilter
public struct PHPickerFilter: Sendable {
    public static let images = PHPickerFilter()
}

/// https://developer.apple.com/documentation/photokit/photospicker
public struct PhotosPicker<Label: View>: PrimitiveView {
    /// https://developer.apple.com/documentation/photokit/photospicker/init(selection:matching:preferreditemencoding:label:)
    public init(
        selection: Binding<PhotosPickerItem?>, matching filter: PHPickerFilter? = nil,
        @ViewBuilder label: () -> Label
    ) {}
}
