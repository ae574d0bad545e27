package com.example.tensors.sample

import android.app.Application
import android.graphics.Bitmap
import androidx.lifecycle.AndroidViewModel
import androidx.lifecycle.viewModelScope
import com.example.tensors.BooleanTensor
import com.example.tensors.FloatTensor
import com.example.tensors.IntTensor
import com.example.tensors.LoadState
import com.example.tensors.ModelException
import com.example.tensors.SelfTestReport
import com.example.tensors.TestModel
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
    /** Name and first values of each output. */
    val result: List<Pair<String, String>> = emptyList(),
    val timing: Timing? = null,
    val selfTest: SelfTestReport? = null,
    val error: String? = null,
)

/** How many values of an output are shown. */
private const val SHOWN = 8

/** Owns the model, which survives rotation and is closed with the screen. */
class SampleViewModel(application: Application) : AndroidViewModel(application) {
    private val mutableState = MutableStateFlow(SampleState())
    val state: StateFlow<SampleState> = mutableState.asStateFlow()

    private var model: TestModel? = null
    private var cold: Duration? = null
    private var testing: Job? = null

    private val loading: Job = viewModelScope.launch {
        attempt { model = TestModel.load(application) }
    }

    init {
        viewModelScope.launch {
            TestModel.loadState.collect { loading -> mutableState.update { it.copy(loading = loading) } }
        }
    }

    /** Runs the model on zeros. */
    fun run() {
        viewModelScope.launch { attempt { show() } }
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

    private suspend fun show() {
        val model = model ?: return
        val inputs = TestModel.Inputs(
            `object` = FloatTensor(FloatArray(2), 1, 2),
            sizes = FloatTensor(FloatArray(36), 1, 4, 9),
            open = IntTensor(IntArray(576), 64, 9),
            image = Bitmap.createBitmap(64, 48, Bitmap.Config.ARGB_8888),
            classValue = IntTensor(IntArray(1)),
            `in` = BooleanTensor(BooleanArray(4), 4),
        )
        val first = cold ?: measureTimedValue { model.run(inputs) }.duration.also { cold = it }
        val (made, warm) = measureTimedValue { model.run(inputs) }
        val result = listOf(
            "hash_code" to made.hashCode.values.take(SHOWN).joinToString(),
            "class" to made.classValue.values.take(SHOWN).joinToString(),
        )
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
