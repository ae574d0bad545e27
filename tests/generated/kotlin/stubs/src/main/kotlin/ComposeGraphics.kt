// The part of androidx.compose.ui:ui-graphics that only its Android build has.
package androidx.compose.ui.graphics

import android.graphics.Bitmap

fun Bitmap.asImageBitmap(): ImageBitmap = throw UnsupportedOperationException("a stub for compiling")
