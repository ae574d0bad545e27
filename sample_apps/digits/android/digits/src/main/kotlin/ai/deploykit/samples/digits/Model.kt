package ai.deploykit.samples.digits

import java.io.File

/** Hardware that can run the model. */
public enum class Accelerator { Npu, Gpu, Cpu }

/** How a model is loaded. The defaults suit most apps. */
public data class ModelOptions(
    /** Tried in this order; those that the model's engine does not know are left out. */
    val accelerators: List<Accelerator> = listOf(Accelerator.Npu, Accelerator.Gpu, Accelerator.Cpu),
    /** CPU threads. */
    val threads: Int = Runtime.getRuntime().availableProcessors().coerceIn(1, 4),
    /** Where verdicts on accelerators are remembered; `null` is the app's own cache for compiled code. */
    val cacheDir: File? = null,
    /** Whether an accelerator has to pass the model's own tests before it is used. */
    val verifyAccelerator: Boolean = true,
)

/** How far loading is. */
public sealed interface LoadState {
    /** `load` was not called yet. */
    public data object Idle : LoadState

    /** Files are read and accelerators tried. */
    public data class Loading(
        /** From 0 to 1. */
        val progress: Float,
    ) : LoadState

    /** The model's own tests run on [accelerator]. */
    public data class Verifying(val accelerator: Accelerator) : LoadState

    /** The model runs on [accelerator]. */
    public data class Ready(val accelerator: Accelerator) : LoadState

    /** Loading failed. */
    public data class Failed(val cause: ModelException) : LoadState
}

/** What a model knows of itself. */
@ConsistentCopyVisibility
public data class ModelInfo internal constructor(
    val name: String,
    val version: String,
    /** SHA-256 of the model file, in hexadecimal digits. */
    val sha256: String,
    /** Numbers in the model file: `fp32` or `fp16`. */
    val precision: String,
    /** What runs the model, for example `LiteRT`. */
    val engine: String,
    /** Empty if the model has none. */
    val labels: List<String>,
    /** Of the picture that the model sees; `null` if it takes none. */
    val inputWidth: Int?,
    val inputHeight: Int?,
    /** The model's licence, or `null` if it was not declared. */
    val license: String?,
    /** How closely the model file agrees with the model that was trained. */
    val parity: String,
    /** Version of deploykit that generated this code. */
    val deploykit: String,
)

/** The constants of one model; the generated class holds them. */
internal class ModelContract(
    val deploykit: String,
    /** What deploykit made this library for. */
    val target: String,
    val name: String,
    val version: String,
    val sha256: String,
    val precision: String,
    val license: String?,
    val parity: String,
    /** Folder of the assets. */
    val folder: String,
    /** Name of the model file in [folder]. */
    val file: String,
    val labelCount: Int,
    val inputs: List<TensorSpec>,
    val outputs: List<TensorSpec>,
    /** What the engine knows, best first. */
    val accelerators: List<Accelerator>,
    /** Signal-to-noise ratio that an accelerator has to reach in each output of the model's own tests. */
    val requiredSnrDb: Float,
    /** Those that are known at run time only, in the order of signatures' names. */
    val sizes: List<OpenSize> = emptyList(),
) {
    val defaultSizes: Map<String, Int> = sizes.associate { it.name to it.default }

    private val picture = inputs.firstNotNullOfOrNull { it.picture }

    fun info(labels: List<String>, engine: String): ModelInfo =
        ModelInfo(
            name = name,
            version = version,
            sha256 = sha256,
            precision = precision,
            engine = engine,
            labels = labels,
            inputWidth = picture?.width,
            inputHeight = picture?.height,
            license = license,
            parity = parity,
            deploykit = deploykit,
        )
}
