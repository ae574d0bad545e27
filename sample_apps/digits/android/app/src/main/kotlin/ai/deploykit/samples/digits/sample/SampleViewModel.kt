package ai.deploykit.samples.digits.sample

import ai.deploykit.samples.digits.Accelerator
import ai.deploykit.samples.digits.Classification
import ai.deploykit.samples.digits.DigitClassifier
import ai.deploykit.samples.digits.LoadState
import ai.deploykit.samples.digits.ModelException
import ai.deploykit.samples.digits.SelfTestReport
import android.app.Application
import android.graphics.Bitmap
import android.net.Uri
import androidx.lifecycle.AndroidViewModel
import androidx.lifecycle.SavedStateHandle
import androidx.lifecycle.viewModelScope
import java.io.IOException
import kotlin.time.Duration
import kotlin.time.measureTimedValue
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
    val result: Classification? = null,
    val timing: Timing? = null,
    val selfTest: SelfTestReport? = null,
    val error: String? = null,
)

/** The first run is cold: it includes what the accelerator prepares once. */
data class Timing(val accelerator: Accelerator, val cold: Duration, val warm: Duration)

/** Key of the chosen picture in the saved state. */
private const val PICTURE = "picture"

/** Owns the model, which survives rotation and is closed with the screen; the chosen picture survives the process. */
class SampleViewModel(application: Application, private val saved: SavedStateHandle) : AndroidViewModel(application) {
    private val mutableState = MutableStateFlow(SampleState())
    val state: StateFlow<SampleState> = mutableState.asStateFlow()

    private var classifier: DigitClassifier? = null
    private var cold: Duration? = null
    private var classifying: Job? = null
    private var testing: Job? = null

    private val loading: Job = viewModelScope.launch {
        attempt { classifier = DigitClassifier.load(application) }
    }

    init {
        viewModelScope.launch {
            DigitClassifier.loadState.collect { loading -> mutableState.update { it.copy(loading = loading) } }
        }
        saved.get<Uri>(PICTURE)?.let(::classify)
    }

    /** Classifies a picture from the gallery. */
    fun classify(uri: Uri) {
        saved[PICTURE] = uri
        start {
            try {
                show(readPicture(getApplication(), uri))
            } catch (_: IOException) {
                mutableState.update { it.copy(pictureUnreadable = true) }
            }
        }
    }

    /** Classifies a picture from the camera. */
    fun classify(photo: Bitmap) {
        saved[PICTURE] = null
        start { show(photo) }
    }

    /** Runs the model's own test pictures, once. */
    fun runSelfTest() {
        if (testing != null) return
        testing = viewModelScope.launch {
            loading.join()
            attempt {
                val report = classifier?.selfTest()
                mutableState.update { it.copy(selfTest = report) }
            }
        }
    }

    override fun onCleared() {
        classifier?.close()
    }

    /** A new picture takes the place of one that is still being classified. */
    private fun start(work: suspend () -> Unit) {
        classifying?.cancel()
        mutableState.update { it.copy(pictureUnreadable = false, error = null) }
        classifying = viewModelScope.launch {
            loading.join()
            attempt(work)
        }
    }

    private suspend fun show(picture: Bitmap) {
        mutableState.update { it.copy(picture = picture, result = null) }
        val model = classifier ?: return
        val first = cold ?: measureTimedValue { model.classify(picture) }.duration.also { cold = it }
        val (result, warm) = measureTimedValue { model.classify(picture) }
        mutableState.update { it.copy(result = result, timing = Timing(model.accelerator, first, warm)) }
    }

    private suspend fun attempt(work: suspend () -> Unit) {
        try {
            work()
        } catch (failure: ModelException) {
            mutableState.update { it.copy(error = failure.message) }
        }
    }
}
