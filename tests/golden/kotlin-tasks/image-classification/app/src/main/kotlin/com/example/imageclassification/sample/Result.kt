package com.example.imageclassification.sample

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import com.example.imageclassification.Classification
import com.example.imageclassification.ScoredLabel
import java.text.NumberFormat

/** How many labels are shown. */
private const val SHOWN = 5

/** [picture] with its best labels drawn over it. */
@Composable
fun ResultOf(result: Classification?, picture: @Composable () -> Unit) {
    Box(Modifier.fillMaxWidth().clip(MaterialTheme.shapes.large)) {
        picture()
        if (result != null) {
            Column(
                verticalArrangement = Arrangement.spacedBy(8.dp),
                modifier = Modifier
                    .align(Alignment.BottomStart)
                    .fillMaxWidth()
                    .background(MaterialTheme.colorScheme.surface.copy(alpha = 0.85f))
                    .padding(16.dp),
            ) {
                result.top(SHOWN).forEach { LabelRow(it) }
            }
        }
    }
}

@Composable
private fun LabelRow(label: ScoredLabel) {
    val score = shown(label.score)
    val spoken = stringResource(R.string.score, label.name, score)
    Column(Modifier.clearAndSetSemantics { contentDescription = spoken }) {
        Row(Modifier.fillMaxWidth(), horizontalArrangement = Arrangement.SpaceBetween) {
            Text(label.name, Modifier.weight(1f), maxLines = 1, overflow = TextOverflow.Ellipsis)
            Text(score)
        }
        LinearProgressIndicator(progress = { label.score }, modifier = Modifier.fillMaxWidth())
    }
}

/** For example `97%`. */
private fun shown(score: Float): String = NumberFormat.getPercentInstance().format(score)
