package com.example.objectdetection.sample

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.drawscope.Stroke
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import com.example.objectdetection.Detection
import java.text.NumberFormat

/** [picture], of [width] pixels, with a box around each thing that was found, and their labels below it. */
@Composable
fun ResultOf(result: List<Detection>?, width: Int, picture: @Composable () -> Unit) {
    val color = MaterialTheme.colorScheme.primary
    Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Box {
            picture()
            Canvas(Modifier.matchParentSize()) {
                val scale = size.width / width
                result?.forEach { found ->
                    drawRect(
                        color = color,
                        topLeft = Offset(found.box.left * scale, found.box.top * scale),
                        size = Size(found.box.width * scale, found.box.height * scale),
                        style = Stroke(width = 3.dp.toPx()),
                    )
                }
            }
        }
        if (result != null) Text(told(result))
    }
}

@Composable
private fun told(result: List<Detection>): String {
    if (result.isEmpty()) return stringResource(R.string.nothing_found)
    val percent = NumberFormat.getPercentInstance()
    val all = result.map { stringResource(R.string.score, it.label.name, percent.format(it.label.score)) }
    return stringResource(R.string.found, all.joinToString())
}
