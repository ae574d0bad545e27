/// From a picture to the model's input: upright, coloured, resized, cut or padded.
///
/// The same steps as `deploykit/transforms.py`, with the same roundings, so that a model sees in an app what it saw when
/// it was checked. Scale, mean, standard deviation and layout are inside the model.
struct ImagePreprocessing: Sendable {
    enum Crop: Sendable {
        /// The picture is stretched to the model's size.
        case none
        /// The shorter side is fitted and the middle is cut out; `fraction` is the share of the side that is kept.
        case center(fraction: Double)
        /// The whole picture is fitted and placed in the middle of black.
        case letterbox
    }

    enum Color: Sendable {
        case rgb
        case bgr
        case gray
    }

    let width: Int
    let height: Int
    let color: Color
    let resize: ResizeFilter
    let crop: Crop

    /// Of the model's input: 1 × height × width × channels.
    var shape: [Int] { [1, height, width, color == .gray ? 1 : 3] }

    /// The model's input, 0…255, in the order of ``shape``.
    func callAsFunction(_ picture: Pixels, orientation: ImageOrientation) -> [Float] {
        let upright = picture.upright(from: orientation)
        let fitted = fit(color == .gray ? upright.gray() : upright.rgb())
        guard color == .bgr else { return fitted.bytes.map(Float.init) }
        return fitted.bytes.indices.map { Float(fitted.bytes[$0 - $0 % 3 + (2 - $0 % 3)]) }
    }

    private func fit(_ picture: Pixels) -> Pixels {
        let size = resizedSize(width: picture.width, height: picture.height)
        let (left, top) = (offset(size.width - width), offset(size.height - height))
        let across = Side(from: picture.width, to: size.width, start: left, length: width, filter: resize)
        let down = Side(from: picture.height, to: size.height, start: top, length: height, filter: resize)
        let resized = picture.resampled(columns: across.plan, rows: down.plan)
        guard (resized.width, resized.height) != (width, height) else { return resized }
        return resized.cropped(left: left - across.start, top: top - down.start, width: width, height: height)
    }

    /// How one side is resized, no more of it than the model sees.
    private struct Side {
        /// nil where the side has its size already.
        let plan: Resampling?
        /// Where what is made begins in the whole.
        let start: Int

        init(from source: Int, to target: Int, start: Int, length: Int, filter: ResizeFilter) {
            let seen = max(start, 0)..<min(start + length, target)
            plan = source == target ? nil : Resampling(from: source, to: target, filter: filter, part: seen)
            self.start = source == target ? 0 : seen.lowerBound
        }
    }

    /// Where the cut begins, for a picture that is `excess` larger (or smaller, when negative) than the model's input.
    func offset(_ excess: Int) -> Int {
        switch crop {
        case .letterbox: -(-excess / 2)
        case .none, .center: Int((Double(excess) / 2).rounded(.toNearestOrEven))
        }
    }

    /// The size to which a picture is resized, before it is cut or padded.
    func resizedSize(width: Int, height: Int) -> (width: Int, height: Int) {
        switch crop {
        case .none:
            return (self.width, self.height)
        case .letterbox:
            let ratio = min(Double(self.width) / Double(width), Double(self.height) / Double(height))
            return (
                max(1, Int((Double(width) * ratio).rounded(.toNearestOrEven))),
                max(1, Int((Double(height) * ratio).rounded(.toNearestOrEven)))
            )
        case .center(let fraction):
            let short = Int(Double(max(self.width, self.height)) / fraction)
            return width <= height
                ? (short, Int(Double(short * height) / Double(width)))
                : (Int(Double(short * width) / Double(height)), short)
        }
    }
}
