package ai.deploykit.samples.digits

import android.content.Context
import android.content.res.AssetManager
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.os.Build
import java.io.File
import java.io.FileInputStream
import java.io.IOException
import java.io.InputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.channels.FileChannel
import java.security.MessageDigest

/** The device that the app runs on, with the model in its assets. */
internal class AndroidPlatform(
    private val context: Context,
    private val contract: ModelContract,
    private val options: ModelOptions,
) : Platform {
    override val engine: String get() = ENGINE_NAME
    override val device: String get() = "${Build.MANUFACTURER} ${Build.MODEL}"
    override val osBuild: String get() = Build.FINGERPRINT
    override val cacheDir: File get() = options.cacheDir ?: context.codeCacheDir

    override fun bytes(file: String): ByteArray = asset(file).read { it.readBytes() }

    override fun picture(file: String): Pixels {
        val unscaled = BitmapFactory.Options().apply { inScaled = false }
        val bitmap = asset(file).read { BitmapFactory.decodeStream(it, null, unscaled) }
            ?: throw ModelException.ModelCorrupt("$file is not a picture")
        return bitmap.toPixels(Orientation.Up, IntArray(0)).also { bitmap.recycle() }
    }

    override fun modelHash(): String = asset(contract.file).sha256()

    override fun open(accelerator: Accelerator): Engine =
        openEngine(asset(contract.file), contract, accelerator, options)

    private fun asset(file: String) = ModelAsset(context, "${contract.folder}/$file")
}

/** One file in the app's assets. */
internal class ModelAsset(val context: Context, val path: String) {
    val assets: AssetManager get() = context.assets

    fun <T> read(block: (InputStream) -> T): T {
        val stream = try {
            assets.open(path)
        } catch (failure: IOException) {
            throw ModelException.ModelMissing("the app has no asset $path", failure)
        }
        return try {
            stream.use(block)
        } catch (failure: IOException) {
            throw ModelException.ModelCorrupt("the asset $path cannot be read", failure)
        }
    }

    /** The file in memory: mapped if the app stores it uncompressed, else copied. */
    fun map(): ByteBuffer =
        try {
            assets.openFd(path).use { asset ->
                FileInputStream(asset.fileDescriptor).channel.use { channel ->
                    channel.map(FileChannel.MapMode.READ_ONLY, asset.startOffset, asset.declaredLength)
                }
            }
        } catch (_: IOException) {
            val bytes = read { it.readBytes() }
            ByteBuffer.allocateDirect(bytes.size).order(ByteOrder.nativeOrder()).put(bytes).apply { rewind() }
        }

    fun sha256(): String {
        val digest = MessageDigest.getInstance("SHA-256")
        read { stream ->
            val block = ByteArray(1 shl 16)
            generateSequence { stream.read(block).takeIf { it >= 0 } }.forEach { digest.update(block, 0, it) }
        }
        return digest.digest().joinToString("") { "%02x".format(it) }
    }
}

/** The bitmap's pixels, in [reusable] if they fit. */
internal fun Bitmap.toPixels(orientation: Orientation, reusable: IntArray): Pixels {
    if (isRecycled) throw ModelException.InvalidInput("the bitmap is recycled")
    // Pixels of a hardware bitmap lie in graphics memory and cannot be read.
    val readable = if (isHardware) copy(Bitmap.Config.ARGB_8888, false) else this
    if (readable == null) throw ModelException.InvalidInput("the hardware bitmap cannot be read")
    val argb = if (reusable.size >= width * height) reusable else IntArray(width * height)
    readable.getPixels(argb, 0, width, 0, 0, width, height)
    if (readable !== this) readable.recycle()
    return Pixels(argb, width, height, orientation)
}

private val Bitmap.isHardware: Boolean
    get() = Build.VERSION.SDK_INT >= Build.VERSION_CODES.O && config == Bitmap.Config.HARDWARE
