package com.example.objectdetection.sample

import android.app.Application
import android.graphics.Bitmap
import android.net.Uri
import androidx.camera.core.ImageProxy
import androidx.lifecycle.AndroidViewModel
import androidx.lifecycle.SavedStateHandle
import androidx.lifecycle.viewModelScope
import com.example.objectdetection.Accelerator
import com.example.objectdetection.Detection
import com.example.objectdetection.LoadState
import com.example.objectdetection.ModelException
import com.example.objectdetection.Orientation
import com.example.objectdetection.SelfTestReport
import com.example.objectdetection.TestModel
import java.io.IOException
import kotlin.time.Duration
import kotlin.time.measureTimedValue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** What the screens show. */
data class SampleState(
    val loading: LoadState = LoadState.Idle,
    val picture: Bitmap? = null,
    val pictureUnreadable: Boolean = false,
    val result: List<Detection>? = null,
    val timing: Timing? = null,
    val live: Live? = null,
    val selfTest: SelfTestReport? = null,
    val error: String? = null,
)

/** What the model makes of the camera's latest frame. */
data class Live(
    /** Of the frame, upright. */
    val width: Int,
    val height: Int,
    val result: List<Detection>,
    val accelerator: Accelerator,
    val duration: Duration,
)

/** Key of the chosen picture in the saved state. */
private const val PICTURE = "picture"

/** Owns the model, which survives rotation and is closed with the screen; the chosen picture survives the process. */
class SampleViewModel(application: Application, private val saved: SavedStateHandle) : AndroidViewModel(application) {
    private val mutableState = MutableStateFlow(SampleState())
    val state: StateFlow<SampleState> = mutableState.asStateFlow()

    private var model: TestModel? = null
    private var cold: Duration? = null
    private var working: Job? = null
    private var testing: Job? = null

    private val loading: Job = viewModelScope.launch {
        attempt { model = TestModel.load(application) }
    }

    init {
        viewModelScope.launch {
            TestModel.loadState.collect { loading -> mutableState.update { it.copy(loading = loading) } }
        }
        saved.get<Uri>(PICTURE)?.let(::use)
    }

    /** Gives the model a picture from the gallery. */
    fun use(uri: Uri) {
        saved[PICTURE] = uri
        start {
            try {
                show(readPicture(getApplication(), uri))
            } catch (_: IOException) {
                mutableState.update { it.copy(pictureUnreadable = true) }
            }
        }
    }

    /** Gives the model a frame of the camera, and closes it. */
    fun see(frame: ImageProxy) {
        viewModelScope.launch(Dispatchers.Default) {
            frame.use {
                loading.join()
                attempt { show(frame) }
            }
        }
    }

    /** Runs the model's own tests, once. */
    fun runSelfTest() {
        if (testing != null) return
        testing = viewModelScope.launch {
            loading.join()
            attempt {
                val report = model?.selfTest()
                mutableState.update { it.copy(selfTest = report) }
            }
        }
    }

    override fun onCleared() {
        model?.close()
    }

    /** A new picture takes the place of one that the model still works on. */
    private fun start(work: suspend () -> Unit) {
        working?.cancel()
        mutableState.update { it.copy(pictureUnreadable = false, error = null) }
        working = viewModelScope.launch {
            loading.join()
            attempt(work)
        }
    }

    private suspend fun show(picture: Bitmap) {
        mutableState.update { it.copy(picture = picture, result = null) }
        val model = model ?: return
        val first = cold ?: measureTimedValue { model.detect(picture) }.duration.also { cold = it }
        val (result, warm) = measureTimedValue { model.detect(picture) }
        val timing = Timing(model.accelerator, first, warm)
        mutableState.update { it.copy(result = result, timing = timing) }
    }

    private suspend fun show(frame: ImageProxy) {
        val model = model ?: return
        val rotation = frame.imageInfo.rotationDegrees
        val picture = frame.toBitmap()
        val (result, duration) = measureTimedValue { model.detect(picture, Orientation.ofRotation(rotation)) }
        val isUpright = rotation % 180 == 0
        mutableState.update {
            val live = Live(
                width = if (isUpright) picture.width else picture.height,
                height = if (isUpright) picture.height else picture.width,
                result = result,
                accelerator = model.accelerator,
                duration = duration,
            )
            it.copy(live = live, error = null)
        }
    }

    private suspend fun attempt(work: suspend () -> Unit) {
        try {
            work()
        } catch (failure: ModelException) {
            mutableState.update { it.copy(error = failure.message) }
        }
    }
}
