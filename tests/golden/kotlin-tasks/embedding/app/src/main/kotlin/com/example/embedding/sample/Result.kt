package com.example.embedding.sample

import android.graphics.Bitmap
import androidx.compose.foundation.Image
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.asImageBitmap
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import com.example.embedding.Embedding
import java.text.NumberFormat

/** A picture's embedding, and how much alike it is to that of the picture before. */
data class Likeness(val embedding: Embedding, val toLast: Float?)

/** The state once [embedding] is known. */
fun SampleState.with(embedding: Embedding): SampleState =
    copy(result = Likeness(embedding, last?.similarity(embedding)), last = embedding)

/** The picture, and how much alike it is to the one before. */
@Composable
fun ResultOf(picture: Bitmap, result: Likeness?) {
    Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Image(
            bitmap = remember(picture) { picture.asImageBitmap() },
            contentDescription = stringResource(R.string.picture),
            contentScale = ContentScale.FillWidth,
            modifier = Modifier.fillMaxWidth(),
        )
        if (result != null) {
            val alike = result.toLast?.let { NumberFormat.getPercentInstance().format(it) }
            Text(alike?.let { stringResource(R.string.alike, it) } ?: stringResource(R.string.first))
        }
    }
}
