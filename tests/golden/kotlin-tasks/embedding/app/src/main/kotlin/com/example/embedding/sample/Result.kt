package com.example.embedding.sample

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import com.example.embedding.Embedding
import java.text.NumberFormat

/** A picture's embedding, and how much alike it is to that of the picture before. */
data class Likeness(val embedding: Embedding, val toLast: Float?)

/** How much alike [embedding] is to that of the picture chosen last. */
fun SampleState.likenessOf(embedding: Embedding): Likeness = Likeness(embedding, last?.similarity(embedding))

/** [picture], and how much alike it is to the one before. */
@Composable
fun ResultOf(result: Likeness?, picture: @Composable () -> Unit) {
    Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
        picture()
        if (result != null) {
            val alike = result.toLast?.let { NumberFormat.getPercentInstance().format(it) }
            Text(alike?.let { stringResource(R.string.alike, it) } ?: stringResource(R.string.first))
        }
    }
}
