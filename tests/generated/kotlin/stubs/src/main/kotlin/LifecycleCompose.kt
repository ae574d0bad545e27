// Signature of androidx.lifecycle:lifecycle-runtime-compose 2.10.
package androidx.lifecycle.compose

import androidx.compose.runtime.Composable
import androidx.compose.runtime.State
import kotlinx.coroutines.flow.StateFlow

@Composable
fun <T> StateFlow<T>.collectAsStateWithLifecycle(): State<T> =
    throw UnsupportedOperationException("a stub for compiling")
