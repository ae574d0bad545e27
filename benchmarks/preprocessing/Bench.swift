/// Arguments: width, height, size, resize, crop and runs of one case. Prints milliseconds, run by run.
@main enum Bench {
    static func main() {
        let words = CommandLine.arguments
        let numbers = words.compactMap { Int($0) }
        let (width, height, size) = (numbers[0], numbers[1], numbers[2])
        let steps = ImagePreprocessing(
            width: size, height: size, color: .rgb,
            resize: ["Nearest": .nearest, "Bilinear": .bilinear, "Bicubic": .bicubic][words[4]]!,
            crop: ["None": .none, "Center": .center(fraction: 0.875), "Letterbox": .letterbox][words[5]]!)
        let bytes = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 0x9E37_79B9 >> 24) }
        let picture = try! Pixels(width: width, height: height, channels: 3, bytes: bytes)
        let clock = ContinuousClock()
        var sum: Float = 0
        for _ in 0..<numbers[3] {
            var input: [Float] = []
            let taken = clock.measure { input = steps(picture, orientation: .up) }
            sum += input[input.count / 2]
            print(taken / .milliseconds(1))
        }
        precondition(sum >= 0, "what is computed is looked at")
    }
}
