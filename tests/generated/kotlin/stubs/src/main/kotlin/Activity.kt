// Signatures of androidx.activity:activity 1.12 (developer.android.com/reference/kotlin/androidx/activity).
package androidx.activity

import android.app.Activity
import android.os.Bundle
import androidx.lifecycle.ViewModel

open class ComponentActivity : Activity() {
    override fun onCreate(savedInstanceState: Bundle?) = Unit
}

fun ComponentActivity.enableEdgeToEdge(): Unit = throw UnsupportedOperationException("a stub for compiling")

inline fun <reified VM : ViewModel> ComponentActivity.viewModels(): Lazy<VM> =
    lazy { throw UnsupportedOperationException("a stub for compiling ${VM::class}") }
