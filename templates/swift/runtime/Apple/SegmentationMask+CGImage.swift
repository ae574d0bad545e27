#if canImport(CoreGraphics)
    import CoreGraphics

    extension SegmentationMask {
        /// The mask as a picture of its own size, to draw over the given one.
        /// - Parameter palette: gives each label's colour as 0xAARRGGBB.
        /// - Throws: ``ModelError/invalidInput(reason:)`` if there is no memory for it.
        public func cgImage(palette: (_ index: Int) -> UInt32 = Self.colorOf) throws -> CGImage {
            try .of(rgba(palette), width: width, height: height)
        }
    }
#endif
