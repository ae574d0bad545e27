package deploykit.host

import com.sun.jna.NativeLibrary
import com.sun.jna.Native
import com.sun.jna.Pointer

/** How the CPU runs a model; null leaves the runtime's default. */
class CpuSettings(val threads: Int?, val flags: Int? = null, val weightCache: String? = null) {
    /**
     * Adds these settings to `LiteRtOptions`.
     *
     * The library does not export the functions of litert/c/options/litert_cpu_options.h; what those make is an opaque
     * option named "xnnpack" whose payload is lines of TOML.
     */
    internal fun addTo(options: Pointer) {
        val lines = listOfNotNull(
            threads?.let { "num_threads = $it" },
            flags?.let { "flags = ${it.toUInt()}" },
            weightCache?.let { "weight_cache_file_path = \"$it\"" },
        )
        if (lines.isEmpty()) return
        val text = lines.joinToString("") { "$it\n" }.toByteArray()
        // The runtime frees it with C's free.
        val payload = Pointer(Native.malloc(text.size + 1L))
        payload.write(0, text, 0, text.size)
        payload.setByte(text.size.toLong(), 0)
        val free = NativeLibrary.getProcess().getFunction("free")
        val opaque = pointer("settings of the CPU") { liteRt.LiteRtCreateOpaqueOptions("xnnpack", payload, free, it) }
        check(liteRt.LiteRtAddOpaqueOptions(options, opaque), "settings of the CPU")
    }
}
