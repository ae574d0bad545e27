package com.google.ai.edge.litert

import com.sun.jna.Pointer
import deploykit.host.NativeEnvironment

/** The runtime's surroundings: here, a Linux machine with the CPU only, unless options name an NPU's library. */
class Environment private constructor(internal val native: NativeEnvironment) :
    JniHandle(Pointer.nativeValue(native.pointer)) {

    enum class Option(val value: Int) {
        CompilerPluginLibraryDir(0),
        DispatchLibraryDir(1),
        SystemRuntimeHandle(23),
    }

    /** What the runtime found at its start: a phone without drivers of a GPU or NPU has the CPU only, as here. */
    @Throws(LiteRtException::class)
    fun getAvailableAccelerators(): Set<Accelerator> {
        assertNotDestroyed()
        return native.accelerators().map { bits -> BITS.entries.single { it.value == bits }.key }.toSet()
    }

    override fun destroy() = native.close()

    companion object {
        /** LiteRT's C API names accelerators by bits, its Kotlin API by number. */
        internal val BITS =
            mapOf(Accelerator.NONE to 0, Accelerator.CPU to 1, Accelerator.GPU to 2, Accelerator.NPU to 4)

        @Throws(LiteRtException::class)
        @JvmOverloads
        @JvmStatic
        fun create(options: Map<Option, String> = mapOf()): Environment =
            Environment(NativeEnvironment(options.mapKeys { it.key.value }))

        @Throws(LiteRtException::class)
        @JvmOverloads
        @JvmStatic
        fun create(
            npuAcceleratorProvider: NpuAcceleratorProvider,
            options: Map<Option, String> = mapOf(),
        ): Environment {
            if (!npuAcceleratorProvider.isDeviceSupported()) return create(options)
            val folder = npuAcceleratorProvider.getLibraryDir()
            return create(options + (Option.DispatchLibraryDir to folder) + (Option.CompilerPluginLibraryDir to folder))
        }
    }
}
