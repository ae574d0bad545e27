package com.example.segmentation.sample

import androidx.compose.foundation.Image
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.size
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.asImageBitmap
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import com.example.segmentation.SegmentationMask
import java.text.NumberFormat

/** [picture] with its mask drawn over it, and the share that each label has below it. */
@Composable
fun ResultOf(result: SegmentationMask?, picture: @Composable () -> Unit) {
    Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Box {
            picture()
            if (result != null) {
                Image(
                    bitmap = remember(result) { result.toBitmap().asImageBitmap() },
                    contentDescription = null,
                    contentScale = ContentScale.FillWidth,
                    modifier = Modifier.fillMaxWidth(),
                )
            }
        }
        if (result != null) {
            val found = result.labels.indices.filter { result.areas[it] > 0f }
            found.sortedByDescending { result.areas[it] }.forEach { index ->
                LabelRow(result.labels[index], result.areas[index], Color(SegmentationMask.colorOf(index)))
            }
        }
    }
}

@Composable
private fun LabelRow(label: String, share: Float, color: Color) {
    Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
        Surface(Modifier.size(16.dp), color = color) {}
        Text(stringResource(R.string.score, label, NumberFormat.getPercentInstance().format(share)))
    }
}
