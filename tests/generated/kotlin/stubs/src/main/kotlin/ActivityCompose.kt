// Signatures of androidx.activity:activity-compose 1.12.
package androidx.activity.compose

import androidx.activity.ComponentActivity
import androidx.activity.result.ActivityResultLauncher
import androidx.activity.result.contract.ActivityResultContract
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionContext

private fun stub(): Nothing = throw UnsupportedOperationException("a stub for compiling")

class ManagedActivityResultLauncher<I, O> internal constructor() : ActivityResultLauncher<I>()

fun ComponentActivity.setContent(parent: CompositionContext? = null, content: @Composable () -> Unit): Unit = stub()

@Composable
fun BackHandler(enabled: Boolean = true, onBack: () -> Unit): Unit = stub()

@Composable
fun <I, O> rememberLauncherForActivityResult(
    contract: ActivityResultContract<I, O>,
    onResult: (O) -> Unit,
): ManagedActivityResultLauncher<I, O> = stub()
