// Signatures of androidx.lifecycle:lifecycle-viewmodel-ktx 2.10 (developer.android.com/reference/kotlin/androidx/lifecycle).
package androidx.lifecycle

import android.app.Application
import kotlinx.coroutines.CoroutineScope

open class ViewModel {
    protected open fun onCleared() = Unit
}

open class AndroidViewModel(private val application: Application) : ViewModel() {
    @Suppress("UNCHECKED_CAST")
    open fun <T : Application> getApplication(): T = application as T
}

val ViewModel.viewModelScope: CoroutineScope
    get() = throw UnsupportedOperationException("a stub for compiling")
