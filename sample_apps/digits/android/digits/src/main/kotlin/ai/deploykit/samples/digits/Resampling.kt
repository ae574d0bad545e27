package ai.deploykit.samples.digits

import kotlin.math.abs
import kotlin.math.ceil
import kotlin.math.max
import kotlin.math.min

/** How a picture is resized; antialiased when it shrinks, except [Nearest]. */
internal enum class Resize(val support: Double, val weight: (Double) -> Double) {
    Nearest(0.0, { 1.0 }),
    Bilinear(1.0, { x -> max(0.0, 1.0 - abs(x)) }),
    Bicubic(2.0, ::cubic),
}

/** Keys' cubic with a = -0.5, as in Pillow. */
private fun cubic(signed: Double): Double {
    val x = abs(signed)
    return when {
        x < 1.0 -> (1.5 * x - 2.5) * x * x + 1.0
        x < 2.0 -> (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5
        else -> 0.0
    }
}

/**
 * The weights that make `count` pixels, from `start` on, of a side of `outSize` out of a side of `inSize`.
 *
 * These are Pillow's (`precompute_coeffs` and `normalize_coeffs_8bpc` in its Resample.c), in 22-bit fixed point, so
 * that the result is the same to the byte. Output pixel `i` is the sum of `weights[i * taps + k] * input[first[i] + k]`
 * for `k < used[i]`.
 */
internal class AxisWeights private constructor(
    val first: IntArray,
    val used: IntArray,
    val taps: Int,
    val weights: IntArray,
) {
    companion object {
        const val BITS = 22

        fun of(inSize: Int, outSize: Int, start: Int, count: Int, resize: Resize): AxisWeights =
            when {
                inSize == outSize -> copying(count) { start + it }
                resize == Resize.Nearest -> nearest(inSize, outSize, start, count)
                else -> filtered(inSize, outSize, start, count, resize)
            }

        private fun copying(count: Int, source: (Int) -> Int): AxisWeights =
            AxisWeights(
                first = IntArray(count, source),
                used = IntArray(count) { 1 },
                taps = 1,
                weights = IntArray(count) { 1 shl BITS },
            )

        /** Pillow adds the scale up pixel by pixel, so its rounding errors are part of the result. */
        private fun nearest(inSize: Int, outSize: Int, start: Int, count: Int): AxisWeights {
            val scale = inSize.toDouble() / outSize
            val sources = IntArray(outSize)
            var position = scale * 0.5
            for (i in sources.indices) {
                sources[i] = min(position.toInt(), inSize - 1)
                position += scale
            }
            return copying(count) { sources[start + it] }
        }

        private fun filtered(inSize: Int, outSize: Int, start: Int, count: Int, resize: Resize): AxisWeights {
            val scale = inSize.toDouble() / outSize
            val stretch = max(scale, 1.0)
            val support = resize.support * stretch
            val taps = ceil(support).toInt() * 2 + 1
            val first = IntArray(count)
            val used = IntArray(count)
            val weights = IntArray(count * taps)
            val exact = DoubleArray(taps)
            for (i in 0 until count) {
                val center = (start + i + 0.5) * scale
                first[i] = max((center - support + 0.5).toInt(), 0)
                used[i] = min((center + support + 0.5).toInt(), inSize) - first[i]
                var total = 0.0
                for (k in 0 until used[i]) {
                    exact[k] = resize.weight((k + first[i] - center + 0.5) * (1.0 / stretch))
                    total += exact[k]
                }
                for (k in 0 until used[i]) {
                    val scaled = (if (total != 0.0) exact[k] / total else exact[k]) * (1 shl BITS)
                    weights[i * taps + k] = (if (scaled < 0) scaled - 0.5 else scaled + 0.5).toInt()
                }
            }
            return AxisWeights(first, used, taps, weights)
        }
    }
}
