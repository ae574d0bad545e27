// Signatures of androidx.camera:camera-view 1.5 (developer.android.com/reference/androidx/camera/view), which is Java.
package androidx.camera.view

import android.content.Context
import android.widget.FrameLayout
import androidx.camera.core.ImageAnalysis
import androidx.lifecycle.LifecycleOwner
import java.util.concurrent.Executor

private fun stub(): Nothing = throw UnsupportedOperationException("a stub for compiling")

abstract class CameraController internal constructor() {
    var imageAnalysisBackpressureStrategy: Int = 0
    var imageAnalysisOutputImageFormat: Int = 0

    fun setEnabledUseCases(enabledUseCases: Int): Unit = stub()

    fun setImageAnalysisAnalyzer(executor: Executor, analyzer: ImageAnalysis.Analyzer): Unit = stub()

    companion object {
        const val IMAGE_ANALYSIS = 1 shl 1
    }
}

class LifecycleCameraController(context: Context) : CameraController() {
    private val context = context.applicationContext

    fun bindToLifecycle(lifecycleOwner: LifecycleOwner): Unit = stub()

    fun unbind(): Unit = stub()
}

class PreviewView(context: Context) : FrameLayout(context) {
    enum class ImplementationMode { PERFORMANCE, COMPATIBLE }

    enum class ScaleType { FILL_START, FILL_CENTER, FILL_END, FIT_START, FIT_CENTER, FIT_END }

    var implementationMode: ImplementationMode = ImplementationMode.PERFORMANCE
    var scaleType: ScaleType = ScaleType.FILL_CENTER
    var controller: CameraController? = null
}
