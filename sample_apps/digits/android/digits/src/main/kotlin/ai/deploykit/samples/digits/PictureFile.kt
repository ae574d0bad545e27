package ai.deploykit.samples.digits

import android.content.Context
import android.graphics.BitmapFactory
import android.media.ExifInterface
import android.net.Uri
import java.io.ByteArrayInputStream
import java.io.IOException

/** The pixels of the picture behind [uri], in [reusable] if they fit, with the orientation that its EXIF data tell. */
internal fun readPicture(context: Context, uri: Uri, reusable: IntArray): Pixels {
    val file = open(context, uri)
    if (isFourColorJpeg(file)) {
        throw ModelException.InvalidInput("$uri is a JPEG for print (CMYK), whose colours Android gets wrong")
    }
    val unscaled = BitmapFactory.Options().apply { inScaled = false }
    val bitmap = BitmapFactory.decodeByteArray(file, 0, file.size, unscaled)
        ?: throw ModelException.InvalidInput("$uri is not a picture that Android can read")
    return bitmap.toPixels(orientationOf(file), reusable).also { bitmap.recycle() }
}

private fun open(context: Context, uri: Uri): ByteArray =
    try {
        context.contentResolver.openInputStream(uri)?.use { it.readBytes() }
            ?: throw ModelException.InvalidInput("$uri cannot be opened")
    } catch (failure: IOException) {
        throw ModelException.InvalidInput("$uri cannot be read: ${failure.message}", failure)
    } catch (denied: SecurityException) {
        throw ModelException.InvalidInput("$uri may not be read: ${denied.message}", denied)
    }

private fun orientationOf(file: ByteArray): Orientation =
    try {
        val exif = ExifInterface(ByteArrayInputStream(file))
        Orientation.ofExif(exif.getAttributeInt(ExifInterface.TAG_ORIENTATION, ExifInterface.ORIENTATION_NORMAL))
    } catch (_: IOException) {
        // Formats without EXIF data.
        Orientation.Up
    }

/** Whether [file] is a JPEG of four components; see ITU-T T.81, B.2.2: the frame header says how many there are. */
internal fun isFourColorJpeg(file: ByteArray): Boolean {
    fun at(place: Int): Int = file[place].toInt() and 0xFF
    if (file.size < 4 || at(0) != 0xFF || at(1) != 0xD8) return false
    var place = 2
    while (place + 9 < file.size && at(place) == 0xFF) {
        val marker = at(place + 1)
        when {
            // Bytes between segments.
            marker == 0xFF -> place += 1
            marker in FRAMES -> return at(place + 9) == 4
            else -> place += 2 + (at(place + 2) shl 8 or at(place + 3))
        }
    }
    return false
}

/** Markers of frame headers: all from 0xC0 to 0xCF but those of tables and of arithmetic coding. */
private val FRAMES = (0xC0..0xCF) - setOf(0xC4, 0xC8, 0xCC)
