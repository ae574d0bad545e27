package ai.deploykit.samples.digits

/**
 * How a picture's stored pixels have to be turned to stand upright; the eight values of EXIF.
 *
 * [Right] means that the picture has to be turned by 90° clockwise, as most phones store portraits.
 */
public enum class Orientation(
    /** The value of the EXIF tag `Orientation`. */
    public val exif: Int,
    internal val swapsSides: Boolean,
    internal val flipsX: Boolean,
    internal val flipsY: Boolean,
) {
    Up(1, swapsSides = false, flipsX = false, flipsY = false),
    UpMirrored(2, swapsSides = false, flipsX = true, flipsY = false),
    Down(3, swapsSides = false, flipsX = true, flipsY = true),
    DownMirrored(4, swapsSides = false, flipsX = false, flipsY = true),
    LeftMirrored(5, swapsSides = true, flipsX = false, flipsY = false),
    Right(6, swapsSides = true, flipsX = false, flipsY = true),
    RightMirrored(7, swapsSides = true, flipsX = true, flipsY = true),
    Left(8, swapsSides = true, flipsX = true, flipsY = false),
    ;

    public companion object {
        /** The orientation for an EXIF value; [Up] for values that EXIF does not define. */
        public fun ofExif(value: Int): Orientation = entries.firstOrNull { it.exif == value } ?: Up

        /** The orientation for a clockwise rotation, as camera frames give it: 0, 90, 180 or 270 degrees. */
        public fun ofRotation(degrees: Int): Orientation =
            when (Math.floorMod(degrees, 360)) {
                0 -> Up
                90 -> Right
                180 -> Down
                270 -> Left
                else -> throw ModelException.InvalidInput("pictures are turned by 0, 90, 180 or 270°, not by $degrees°")
            }
    }
}

/**
 * Pixels as Android packs them, `0xAARRGGBB` row by row, and how to turn them upright.
 *
 * [argb] may be longer than the picture, so that it can serve pictures of several sizes.
 */
internal class Pixels(
    val argb: IntArray,
    private val storedWidth: Int,
    private val storedHeight: Int,
    orientation: Orientation = Orientation.Up,
) {
    /** Width of the upright picture. */
    val width = if (orientation.swapsSides) storedHeight else storedWidth

    /** Height of the upright picture. */
    val height = if (orientation.swapsSides) storedWidth else storedHeight

    private val stepAlongX = if (orientation.flipsX) -1 else 1
    private val stepAlongY = if (orientation.flipsY) -storedWidth else storedWidth

    /** Where the upright picture's first pixel lies in [argb]. */
    val first = (if (orientation.flipsX) storedWidth - 1 else 0) +
        (if (orientation.flipsY) (storedHeight - 1) * storedWidth else 0)

    /** Distance in [argb] between neighbours in a row of the upright picture. */
    val stepX = if (orientation.swapsSides) stepAlongY else stepAlongX

    /** Distance in [argb] between neighbours in a column of the upright picture. */
    val stepY = if (orientation.swapsSides) stepAlongX else stepAlongY
}
