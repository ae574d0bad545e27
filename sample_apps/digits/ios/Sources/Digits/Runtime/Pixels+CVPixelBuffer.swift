#if canImport(CoreVideo) && canImport(VideoToolbox)
    import CoreGraphics
    import CoreVideo
    import VideoToolbox

    extension Pixels {
        /// Any format that a camera or a video gives; VideoToolbox knows their layouts and colour matrices.
        init(_ buffer: CVPixelBuffer) throws {
            var image: CGImage?
            let status = VTCreateCGImageFromCVPixelBuffer(buffer, options: nil, imageOut: &image)
            guard let image else {
                throw ModelError.invalidInput(reason: "the pixel buffer cannot be read (VideoToolbox status \(status))")
            }
            try self.init(image)
        }
    }
#endif
