// Signatures of androidx.lifecycle:lifecycle-runtime-compose 2.10.
package androidx.lifecycle.compose

import androidx.compose.runtime.Composable
import androidx.compose.runtime.ProvidableCompositionLocal
import androidx.compose.runtime.State
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.lifecycle.LifecycleOwner
import kotlinx.coroutines.flow.StateFlow

@Composable
fun <T> StateFlow<T>.collectAsStateWithLifecycle(): State<T> =
    throw UnsupportedOperationException("a stub for compiling")

val LocalLifecycleOwner: ProvidableCompositionLocal<LifecycleOwner> =
    staticCompositionLocalOf { error("a stub for compiling") }

interface LifecyclePauseOrDisposeEffectResult

class LifecycleResumePauseEffectScope internal constructor() {
    fun onPauseOrDispose(onPauseOrDisposeEffect: LifecycleOwner.() -> Unit): LifecyclePauseOrDisposeEffectResult =
        throw UnsupportedOperationException("a stub for compiling $onPauseOrDisposeEffect")
}

@Composable
fun LifecycleResumeEffect(
    key1: Any?,
    lifecycleOwner: LifecycleOwner = LocalLifecycleOwner.current,
    effects: LifecycleResumePauseEffectScope.() -> LifecyclePauseOrDisposeEffectResult,
): Unit = throw UnsupportedOperationException("a stub for compiling $key1 $lifecycleOwner $effects")
