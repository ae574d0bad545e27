// Signatures of androidx.lifecycle:lifecycle-viewmodel and lifecycle-viewmodel-savedstate 2.10 (developer.android.com/reference/kotlin/androidx/lifecycle).
package androidx.lifecycle

import android.app.Application
import kotlinx.coroutines.CoroutineScope

interface LifecycleOwner

open class ViewModel {
    protected open fun onCleared() = Unit
}

open class AndroidViewModel(private val application: Application) : ViewModel() {
    @Suppress("UNCHECKED_CAST")
    open fun <T : Application> getApplication(): T = application as T
}

class SavedStateHandle {
    operator fun <T> get(key: String): T? = throw UnsupportedOperationException("a stub for compiling $key")

    operator fun <T> set(key: String, value: T?): Unit =
        throw UnsupportedOperationException("a stub for compiling $key $value")
}

val ViewModel.viewModelScope: CoroutineScope
    get() = throw UnsupportedOperationException("a stub for compiling")
