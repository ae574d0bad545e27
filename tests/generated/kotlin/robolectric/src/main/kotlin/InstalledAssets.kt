package deploykit.host

import android.content.Context
import android.content.res.AssetManager
import java.io.File
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream
import org.robolectric.RuntimeEnvironment

/**
 * Robolectric's application with the files of [folder] (an SDK's `src/main/assets`) as its assets.
 *
 * They are put into an APK of their own, uncompressed as Gradle's `noCompress` leaves models, because Android's
 * `AssetManager` reads APKs; then that APK is added to the application's assets as a split APK would be.
 */
fun contextWithAssets(folder: File): Context {
    val context: Context = RuntimeEnvironment.getApplication()
    val apk = File.createTempFile("assets", ".apk", context.cacheDir)
    ZipOutputStream(apk.outputStream().buffered()).use { zip ->
        for (file in folder.walk().filter(File::isFile)) {
            zip.store("assets/${file.relativeTo(folder).invariantSeparatorsPath}", file.readBytes())
        }
    }
    // Hidden in the SDK, public in the class.
    val addAssetPath = AssetManager::class.java.getMethod("addAssetPath", String::class.java)
    check(addAssetPath.invoke(context.assets, apk.path) != 0) { "$apk was refused" }
    return context
}

private fun ZipOutputStream.store(name: String, bytes: ByteArray) {
    val entry = ZipEntry(name)
    entry.method = ZipEntry.STORED
    entry.size = bytes.size.toLong()
    entry.crc = CRC32().apply { update(bytes) }.value
    putNextEntry(entry)
    write(bytes)
    closeEntry()
}
