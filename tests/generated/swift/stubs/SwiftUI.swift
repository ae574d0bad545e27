// Signatures only: what the sample app uses. View modifiers are declared as SwiftUI has them, with opaque results.

@_exported import Foundation
@_exported import Observation
@_exported import UIKit

// MARK: - Views and scenes

/// https://developer.apple.com/documentation/swiftui/view
@MainActor public protocol View {
    associatedtype Body: View
    @ViewBuilder @MainActor var body: Body { get }
}

extension Never: View {
    public var body: Never { fatalError() }
}

/// A view without a body of its own, as SwiftUI's primitives are.
public protocol PrimitiveView: View where Body == Never {}
extension PrimitiveView {
    public var body: Never { fatalError() }
}

/// https://developer.apple.com/documentation/swiftui/emptyview
public struct EmptyView: PrimitiveView {}
/// https://developer.apple.com/documentation/swiftui/tupleview
public struct TupleView<T>: PrimitiveView {}
public struct _ConditionalContent<A: View, B: View>: PrimitiveView {}
extension Optional: View where Wrapped: View {
    public var body: Never { fatalError() }
}

/// https://developer.apple.com/documentation/swiftui/viewbuilder
@resultBuilder public struct ViewBuilder {
    public static func buildBlock() -> EmptyView { fatalError() }
    public static func buildBlock<Content: View>(_ content: Content) -> Content { fatalError() }
    public static func buildBlock<each Content: View>(_ content: repeat each Content) -> TupleView<(repeat each Content)> {
        fatalError()
    }
    public static func buildIf<Content: View>(_ content: Content?) -> Content? { fatalError() }
    public static func buildEither<A: View, B: View>(first: A) -> _ConditionalContent<A, B> { fatalError() }
    public static func buildEither<A: View, B: View>(second: B) -> _ConditionalContent<A, B> { fatalError() }
}

/// https://developer.apple.com/documentation/swiftui/scene
@MainActor public protocol Scene {}
/// https://developer.apple.com/documentation/swiftui/windowgroup
public struct WindowGroup<Content: View>: Scene {
    public init(@ViewBuilder content: () -> Content) { fatalError() }
}
/// https://developer.apple.com/documentation/swiftui/app
@MainActor public protocol App {
    associatedtype Body: Scene
    @MainActor var body: Body { get }
    init()
}
extension App {
    public static func main() {}
}

/// https://developer.apple.com/documentation/swiftui/state
@propertyWrapper public struct State<Value> {
    public init(wrappedValue: Value) { fatalError() }
    public var wrappedValue: Value {
        get { fatalError() }
        nonmutating set {}
    }
    public var projectedValue: Binding<Value> { fatalError() }
}
extension State where Value: ExpressibleByNilLiteral {
    public init() { fatalError() }
}
/// https://developer.apple.com/documentation/swiftui/binding
public struct Binding<Value> {}

/// https://developer.apple.com/documentation/swiftui/uiviewcontrollerrepresentable
@MainActor public protocol UIViewControllerRepresentable: PrimitiveView {
    associatedtype UIViewControllerType: UIViewController
    associatedtype Coordinator = Void
    typealias Context = UIViewControllerRepresentableContext<Self>
    func makeUIViewController(context: Context) -> UIViewControllerType
    func updateUIViewController(_ uiViewController: UIViewControllerType, context: Context)
    func makeCoordinator() -> Coordinator
}
/// https://developer.apple.com/documentation/swiftui/uiviewcontrollerrepresentablecontext
@MainActor public struct UIViewControllerRepresentableContext<Representable: UIViewControllerRepresentable> {
    public var coordinator: Representable.Coordinator { fatalError() }
}

// MARK: - Primitives

/// https://developer.apple.com/documentation/swiftui/text
public struct Text: PrimitiveView {
    public init(_ key: LocalizedStringKey) {}
    @_disfavoredOverload public init<S: StringProtocol>(_ content: S) {}
    public init(verbatim content: String) {}
}
/// https://developer.apple.com/documentation/swiftui/localizedstringkey
public struct LocalizedStringKey: ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) {}
}
/// https://developer.apple.com/documentation/swiftui/image
public struct Image: PrimitiveView {
    public init(uiImage: UIImage) {}
    public init(systemName: String) {}
    public func resizable() -> Image { fatalError() }
}
/// https://developer.apple.com/documentation/swiftui/label
public struct Label<Title: View, Icon: View>: PrimitiveView {}
extension Label where Title == Text, Icon == Image {
    public init(_ titleKey: LocalizedStringKey, systemImage name: String) {}
}
/// https://developer.apple.com/documentation/swiftui/progressview
public struct ProgressView: PrimitiveView {
    public init() {}
    public init(_ titleKey: LocalizedStringKey) {}
}
/// https://developer.apple.com/documentation/swiftui/labeledcontent
public struct LabeledContent: PrimitiveView {
    public init<S: StringProtocol>(_ titleKey: LocalizedStringKey, value: S) {}
    @_disfavoredOverload public init<T: StringProtocol, S: StringProtocol>(_ title: T, value: S) {}
}
/// https://developer.apple.com/documentation/swiftui/contentunavailableview
public struct ContentUnavailableView: PrimitiveView {
    public init(_ title: LocalizedStringKey, systemImage name: String, description: Text? = nil) {}
}
/// https://developer.apple.com/documentation/swiftui/button
public struct Button: PrimitiveView {
    public init(_ titleKey: LocalizedStringKey, action: @escaping @MainActor () -> Void) {}
    public init<L: View>(action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> L) {}
}
/// https://developer.apple.com/documentation/swiftui/path
public struct Path: Sendable { public init(_ rect: CGRect) {} }
/// https://developer.apple.com/documentation/swiftui/graphicscontext
public struct GraphicsContext {
    public struct Shading: Sendable { public static func color(_ color: Color) -> Shading { fatalError() } }
    public func stroke(_ path: Path, with shading: Shading, lineWidth: CGFloat = 1) {}
}
/// https://developer.apple.com/documentation/swiftui/canvas
public struct Canvas: PrimitiveView {
    public init(renderer: @escaping (inout GraphicsContext, CGSize) -> Void) {}
}
/// https://developer.apple.com/documentation/swiftui/sharelink
public struct ShareLink: PrimitiveView {
    public init(item: String) {}
}

// MARK: - Containers

/// https://developer.apple.com/documentation/swiftui/navigationstack
public struct NavigationStack: PrimitiveView {
    public init<Root: View>(@ViewBuilder root: () -> Root) {}
}
/// https://developer.apple.com/documentation/swiftui/navigationlink
public struct NavigationLink: PrimitiveView {
    public init<L: View, D: View>(@ViewBuilder destination: () -> D, @ViewBuilder label: () -> L) {}
}
/// https://developer.apple.com/documentation/swiftui/list
public struct List: PrimitiveView {
    public init<Content: View>(@ViewBuilder content: () -> Content) {}
}
/// https://developer.apple.com/documentation/swiftui/section
public struct Section: PrimitiveView {
    public init<Content: View>(@ViewBuilder content: () -> Content) {}
    public init<Content: View>(_ titleKey: LocalizedStringKey, @ViewBuilder content: () -> Content) {}
}
/// https://developer.apple.com/documentation/swiftui/foreach
public struct ForEach: PrimitiveView {
    public init<Data: RandomAccessCollection, ID: Hashable, Content: View>(
        _ data: Data, id: KeyPath<Data.Element, ID>, @ViewBuilder content: @escaping (Data.Element) -> Content
    ) {}
}
/// https://developer.apple.com/documentation/swiftui/hstack
public struct HStack: PrimitiveView {
    public init<Content: View>(@ViewBuilder content: () -> Content) {}
}
/// https://developer.apple.com/documentation/swiftui/vstack
public struct VStack: PrimitiveView {
    public init<Content: View>(alignment: HorizontalAlignment = .center, @ViewBuilder content: () -> Content) {}
}

// MARK: - Values

/// https://developer.apple.com/documentation/swiftui/alignment
public struct Alignment: Sendable { public static let bottomLeading = Alignment() }
/// https://developer.apple.com/documentation/swiftui/horizontalalignment
public struct HorizontalAlignment: Sendable {
    public static let leading = HorizontalAlignment()
    public static let center = HorizontalAlignment()
}
/// https://developer.apple.com/documentation/swiftui/edgeinsets
public struct EdgeInsets: Sendable { public init() {} }
/// https://developer.apple.com/documentation/swiftui/font
public struct Font: Sendable {
    public static let headline = Font()
    public static let footnote = Font()
}
/// https://developer.apple.com/documentation/swiftui/shapestyle
public protocol ShapeStyle: Sendable {}
/// https://developer.apple.com/documentation/swiftui/color
public struct Color: ShapeStyle {
    public static let green = Color()
    public static let red = Color()
    public static let accentColor = Color()
}
/// https://developer.apple.com/documentation/swiftui/material
public struct Material: ShapeStyle {}
extension ShapeStyle where Self == Material {
    public static var regularMaterial: Material { fatalError() }
}
/// https://developer.apple.com/documentation/swiftui/hierarchicalshapestyle
public struct HierarchicalShapeStyle: ShapeStyle {}
extension ShapeStyle where Self == HierarchicalShapeStyle {
    public static var secondary: HierarchicalShapeStyle { fatalError() }
}
/// https://developer.apple.com/documentation/swiftui/shape
public protocol Shape {}
/// https://developer.apple.com/documentation/swiftui/roundedrectangle
public struct RoundedRectangle: Shape { public init(cornerRadius: CGFloat) {} }
/// https://developer.apple.com/documentation/swiftui/accessibilitychildbehavior
public struct AccessibilityChildBehavior: Sendable { public static let combine = AccessibilityChildBehavior() }

// MARK: - Modifiers

extension View {
    /// https://developer.apple.com/documentation/swiftui/view/navigationtitle(_:)
    public func navigationTitle(_ titleKey: LocalizedStringKey) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/toolbar(content:)
    public func toolbar<C: ToolbarContent>(@ToolbarContentBuilder content: () -> C) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/task(priority:_:)
    public func task(
        priority: TaskPriority = .userInitiated, @_inheritActorContext _ action: @escaping @Sendable () async -> Void
    ) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/task(id:priority:_:)
    public func task<T: Equatable>(
        id value: T, priority: TaskPriority = .userInitiated,
        @_inheritActorContext _ action: @escaping @Sendable () async -> Void
    ) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/scaledtofit()
    public func scaledToFit() -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/padding(_:)-68shk
    public func padding(_ length: CGFloat) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/font(_:)
    public func font(_ font: Font?) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/foregroundstyle(_:)
    public func foregroundStyle<S: ShapeStyle>(_ style: S) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/background(_:in:fillstyle:)
    public func background<S: ShapeStyle, T: Shape>(_ style: S, in shape: T) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/overlay(alignment:content:)
    public func overlay<V: View>(alignment: Alignment, @ViewBuilder content: () -> V) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/listrowinsets(_:)
    public func listRowInsets(_ insets: EdgeInsets?) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/accessibilitylabel(_:)
    public func accessibilityLabel(_ labelKey: LocalizedStringKey) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/accessibilityhidden(_:)
    public func accessibilityHidden(_ hidden: Bool) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/fullscreencover(ispresented:ondismiss:content:)
    public func fullScreenCover<C: View>(
        isPresented: Binding<Bool>, onDismiss: (() -> Void)? = nil, @ViewBuilder content: @escaping () -> C
    ) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/accessibilityhint(_:)
    public func accessibilityHint(_ hintKey: LocalizedStringKey) -> some View { self }
    /// https://developer.apple.com/documentation/swiftui/view/accessibilityelement(children:)
    public func accessibilityElement(children: AccessibilityChildBehavior) -> some View { self }
}

// MARK: - Toolbars

/// https://developer.apple.com/documentation/swiftui/toolbarcontent
@MainActor public protocol ToolbarContent {}
/// https://developer.apple.com/documentation/swiftui/toolbaritemplacement
public struct ToolbarItemPlacement: Sendable {
    public static let primaryAction = ToolbarItemPlacement()
    public static let bottomBar = ToolbarItemPlacement()
}
/// https://developer.apple.com/documentation/swiftui/toolbaritem
public struct ToolbarItem: ToolbarContent {
    public init<Content: View>(placement: ToolbarItemPlacement, @ViewBuilder content: () -> Content) {}
}
public struct _ToolbarTuple: ToolbarContent {}
extension Optional: ToolbarContent where Wrapped: ToolbarContent {}
/// https://developer.apple.com/documentation/swiftui/toolbarcontentbuilder
@resultBuilder public struct ToolbarContentBuilder {
    public static func buildBlock<Content: ToolbarContent>(_ content: Content) -> Content { fatalError() }
    public static func buildBlock<each Content: ToolbarContent>(_ content: repeat each Content) -> _ToolbarTuple {
        fatalError()
    }
    public static func buildIf<Content: ToolbarContent>(_ content: Content?) -> Content? { fatalError() }
}
