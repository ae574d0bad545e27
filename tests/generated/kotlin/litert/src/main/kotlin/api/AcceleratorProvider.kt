package com.google.ai.edge.litert

import android.content.Context

/** Where the libraries of an NPU come from. */
interface NpuAcceleratorProvider {
    fun isDeviceSupported(): Boolean

    fun isLibraryReady(): Boolean

    suspend fun downloadLibrary()

    fun getLibraryDir(): String
}

/** An NPU's libraries among the app's own; this machine has no NPU. */
class BuiltinNpuAcceleratorProvider(private val context: Context) : NpuAcceleratorProvider {
    override fun isDeviceSupported(): Boolean = false

    override fun isLibraryReady(): Boolean = true

    override suspend fun downloadLibrary() = Unit

    override fun getLibraryDir(): String = context.applicationInfo.nativeLibraryDir
}
