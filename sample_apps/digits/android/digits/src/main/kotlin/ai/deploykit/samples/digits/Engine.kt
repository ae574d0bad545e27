package ai.deploykit.samples.digits

import java.io.File

/** A model on one accelerator. Used by one thread at a time, always the session's. */
internal interface Engine : AutoCloseable {
    /**
     * Runs the model. Inputs and outputs are in the contract's order, and have its types and sizes; [inputs] are copied
     * before anything is computed. The outputs are the engine's own, and good until the next run.
     */
    fun run(inputs: List<Numbers>): List<Numbers>
}

/** What a session needs from the device; a fake in unit tests. */
internal interface Platform {
    /** Name of the engine. */
    val engine: String

    /** Maker and name of the device. */
    val device: String

    /** Changes with every update of the operating system, and so of its drivers. */
    val osBuild: String

    /** Where verdicts on accelerators are remembered. Asking for it may touch the disk. */
    val cacheDir: File

    /** An asset. */
    fun bytes(file: String): ByteArray

    /** The pixels of an asset that is a picture. */
    fun picture(file: String): Pixels

    /** SHA-256 of the model file, in hexadecimal digits. */
    fun modelHash(): String

    /** Opens the model on [accelerator] only; throws if the accelerator cannot take it. */
    fun open(accelerator: Accelerator): Engine
}
