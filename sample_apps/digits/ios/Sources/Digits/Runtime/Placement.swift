/// Where an upright picture lies in the one that the model sees: along each axis, `seen = scale * own + shift`.
struct Placement: Sendable, Equatable {
    /// One axis.
    struct Side: Sendable, Equatable {
        /// Of the upright picture.
        let size: Int
        let scale: Double
        let shift: Int
        /// Of the picture that the model sees.
        let seen: Int
    }

    let across: Side
    let down: Side
}

extension ImagePreprocessing {
    /// Where `picture` lies once it is upright.
    func placement(of picture: Pixels, orientation: ImageOrientation) -> Placement {
        let (wide, high) =
            orientation.swapsSides ? (picture.height, picture.width) : (picture.width, picture.height)
        let resized = resizedSize(width: wide, height: high)
        let side = { (size: Int, resized: Int, seen: Int) in
            let shift = resized == seen ? 0 : -offset(resized - seen)
            return Placement.Side(size: size, scale: Double(resized) / Double(size), shift: shift, seen: seen)
        }
        return Placement(across: side(wide, resized.width, width), down: side(high, resized.height, height))
    }
}
