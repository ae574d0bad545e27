package com.example.imagetoimage.sample

import android.graphics.Bitmap
import androidx.compose.foundation.Image
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.asImageBitmap
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.res.stringResource

/** What the model made, or the chosen picture while it works. */
@Composable
fun ResultOf(picture: Bitmap, result: Bitmap?) {
    val shown = result ?: picture
    Image(
        bitmap = remember(shown) { shown.asImageBitmap() },
        contentDescription = stringResource(R.string.picture),
        contentScale = ContentScale.FillWidth,
        modifier = Modifier.fillMaxWidth(),
    )
}
