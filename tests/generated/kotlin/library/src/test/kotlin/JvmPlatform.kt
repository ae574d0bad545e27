package com.example.onnxruntime.pictures

import java.io.File
import java.io.IOException
import java.nio.ByteBuffer
import java.security.MessageDigest
import javax.imageio.ImageIO
import org.json.JSONArray

private val assets = File(System.getProperty("cases"), "../onnxruntime/pictures/src/main/assets/com.example.onnxruntime.pictures")

private val modelHash = MessageDigest.getInstance("SHA-256")
    .digest(assets.resolve("model.onnx").readBytes())
    .joinToString("") { "%02x".format(it) }

internal val contract = ModelContract(
    deploykit = "0",
    target = "android_onnx",
    name = "pictures",
    version = "1.0",
    sha256 = modelHash,
    precision = "fp32",
    license = "Apache-2.0",
    parity = "matches",
    folder = "com.example.onnxruntime.pictures",
    file = "model.onnx",
    labelCount = 12,
    inputs = listOf(
        TensorSpec.picture("image", ImagePreprocessing(6, 8, ColorOrder.Gray, Resize.Bilinear, Crop.None, 1.0)),
    ),
    outputs = listOf(TensorSpec("scores", NumberType.Float32, listOf(1, 12))),
    accelerators = listOf(Accelerator.Npu, Accelerator.Cpu),
    requiredSnrDb = 30f,
)

/** The rendered SDK's assets on this machine. The CPU is ONNX Runtime; other accelerators fail, work or lie as told. */
internal class JvmPlatform(
    override val cacheDir: File,
    private val works: Set<Accelerator> = setOf(Accelerator.Cpu),
    private val wrong: Set<Accelerator> = emptySet(),
    private val hash: String = modelHash,
    override val osBuild: String = "this",
) : Platform {
    override val engine = ENGINE_NAME
    override val device = "JVM"

    /** What was opened, in this order. */
    val opened = mutableListOf<Accelerator>()

    override fun bytes(file: String): ByteArray = assets.resolve(file).readBytes()

    override fun picture(file: String): Pixels {
        // ImageIO keeps gray levels in a linear colour space and would change them on the way to RGB.
        val raster = ImageIO.read(assets.resolve(file)).raster
        val argb = IntArray(raster.width * raster.height) {
            raster.getSample(it % raster.width, it / raster.width, 0) * 0x010101
        }
        return Pixels(argb, raster.width, raster.height)
    }

    override fun modelHash(): String = hash

    override fun open(accelerator: Accelerator): Engine {
        opened += accelerator
        val isCpu = accelerator == Accelerator.Cpu
        if (!isCpu && accelerator !in works + wrong) throw IOException("no $accelerator here")
        val engine = openEngine(model(), contract, Accelerator.Cpu, ModelOptions())
        return if (accelerator in wrong) Wrong(engine) else engine
    }

    fun golden(): Floats {
        val outputs = JSONArray(bytes("goldens.json").decodeToString()).getJSONObject(0).getJSONArray("outputs")
        val scores = outputs.getJSONObject(0).getJSONArray("values")
        return Floats(listOf(1, scores.length()), FloatArray(scores.length()) { scores.getDouble(it).toFloat() })
    }

    private fun model(): ByteBuffer {
        val bytes = assets.resolve("model.onnx").readBytes()
        return ByteBuffer.allocateDirect(bytes.size).put(bytes).apply { rewind() }
    }

    /** An accelerator that computes something else, without an error. */
    private class Wrong(private val engine: Engine) : Engine by engine {
        override fun run(inputs: List<Numbers>): List<Numbers> =
            engine.run(inputs).onEach { (it as Floats).values.reverse() }
    }
}
