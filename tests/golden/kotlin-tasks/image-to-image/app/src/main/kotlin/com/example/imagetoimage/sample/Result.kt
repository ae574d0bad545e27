package com.example.imagetoimage.sample

import android.graphics.Bitmap
import androidx.compose.foundation.layout.Box
import androidx.compose.runtime.Composable

/** What the model made, over [picture]: that is seen while the model works. */
@Composable
fun ResultOf(result: Bitmap?, picture: @Composable () -> Unit) {
    Box {
        picture()
        result?.let { Picture(it) }
    }
}
