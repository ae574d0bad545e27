package ai.deploykit.samples.digits.sample

import android.content.Context
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Matrix
import android.media.ExifInterface
import android.net.Uri
import java.io.FileNotFoundException
import java.io.IOException
import java.io.InputStream
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/** Longest side that is decoded: more than a screen shows, and little enough memory for every phone. */
private const val LONGEST_SIDE = 4096

/**
 * The upright picture behind [uri].
 *
 * @throws IOException if it cannot be read.
 */
suspend fun readPicture(context: Context, uri: Uri): Bitmap =
    withContext(Dispatchers.IO) {
        val bounds = BitmapFactory.Options().apply { inJustDecodeBounds = true }
        context.open(uri).use { BitmapFactory.decodeStream(it, null, bounds) }
        val options = BitmapFactory.Options().apply { inSampleSize = sampling(bounds) }
        val stored = context.open(uri).use { BitmapFactory.decodeStream(it, null, options) }
            ?: throw IOException("$uri is not a picture")
        val upright = context.open(uri).use { matrixFor(ExifInterface(it)) }
        Bitmap.createBitmap(stored, 0, 0, stored.width, stored.height, upright, true)
    }

private fun Context.open(uri: Uri): InputStream =
    try {
        contentResolver.openInputStream(uri) ?: throw FileNotFoundException("$uri cannot be opened")
    } catch (expired: SecurityException) {
        throw IOException("$uri may not be read any more", expired)
    }

private fun sampling(bounds: BitmapFactory.Options): Int {
    var sampling = 1
    while (maxOf(bounds.outWidth, bounds.outHeight) / sampling > LONGEST_SIDE) sampling *= 2
    return sampling
}

private fun matrixFor(exif: ExifInterface): Matrix {
    val matrix = Matrix()
    when (exif.getAttributeInt(ExifInterface.TAG_ORIENTATION, ExifInterface.ORIENTATION_NORMAL)) {
        ExifInterface.ORIENTATION_FLIP_HORIZONTAL -> matrix.postScale(-1f, 1f)
        ExifInterface.ORIENTATION_ROTATE_180 -> matrix.postRotate(180f)
        ExifInterface.ORIENTATION_FLIP_VERTICAL -> matrix.postScale(1f, -1f)
        ExifInterface.ORIENTATION_TRANSPOSE -> matrix.apply { postScale(-1f, 1f) }.postRotate(270f)
        ExifInterface.ORIENTATION_ROTATE_90 -> matrix.postRotate(90f)
        ExifInterface.ORIENTATION_TRANSVERSE -> matrix.apply { postScale(-1f, 1f) }.postRotate(90f)
        ExifInterface.ORIENTATION_ROTATE_270 -> matrix.postRotate(270f)
    }
    return matrix
}
