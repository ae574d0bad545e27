package deploykit.runtime

import java.lang.management.ManagementFactory

/** Arguments: width, height, size, resize, crop and runs of one case. Prints milliseconds and bytes allocated, run by run. */
fun main(arguments: Array<String>) {
    val (width, height, size) = arguments.take(3).map(String::toInt)
    val wanted = ImagePreprocessing(
        width = size,
        height = size,
        color = ColorOrder.Rgb,
        resize = Resize.valueOf(arguments[3]),
        crop = Crop.valueOf(arguments[4]),
        cropFraction = 0.875,
    )
    val picture = Pixels(IntArray(width * height) { it * -0x61c88647 }, width, height)
    val preprocessor = Preprocessor(wanted)
    val input = FloatArray(wanted.size)
    val threads = ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean
    repeat(arguments[5].toInt()) {
        val allocated = threads.currentThreadAllocatedBytes
        val start = System.nanoTime()
        preprocessor.run(picture, input)
        println("${(System.nanoTime() - start) / 1e6} ${threads.currentThreadAllocatedBytes - allocated}")
    }
}
