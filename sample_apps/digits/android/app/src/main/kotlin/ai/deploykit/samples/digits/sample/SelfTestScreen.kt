package ai.deploykit.samples.digits.sample

import ai.deploykit.samples.digits.SelfTestReport
import ai.deploykit.samples.digits.SelfTestRow
import android.content.Context
import android.content.Intent
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.ListItem
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.material3.TopAppBar
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp

private val Green = Color(0xFF2E7D32)
private val Red = Color(0xFFC62828)

/** One green or red row for each test on each accelerator. */
@OptIn(ExperimentalMaterial3Api::class)
@Composable
fun SelfTestScreen(report: SelfTestReport?, onBack: () -> Unit) {
    val context = LocalContext.current
    Scaffold(
        topBar = {
            TopAppBar(
                title = { Text(stringResource(R.string.self_test)) },
                navigationIcon = { TextButton(onClick = onBack) { Text(stringResource(R.string.back)) } },
                actions = {
                    if (report != null) {
                        TextButton(onClick = { share(context, report) }) { Text(stringResource(R.string.share)) }
                    }
                },
            )
        },
    ) { padding ->
        Column(Modifier.fillMaxSize().padding(padding)) {
            Text(stringResource(R.string.self_test_explained), Modifier.padding(16.dp))
            if (report == null) {
                LinearProgressIndicator(Modifier.fillMaxWidth().padding(16.dp))
            } else {
                LazyColumn { items(report.rows) { TestRow(it) } }
            }
        }
    }
}

@Composable
private fun TestRow(row: SelfTestRow) {
    ListItem(
        headlineContent = { Text(stringResource(R.string.self_test_row, row.test, row.accelerator.shown)) },
        supportingContent = { Text(row.error ?: numbers(row)) },
        trailingContent = {
            Text(
                text = stringResource(if (row.passed) R.string.passed else R.string.failed),
                color = if (row.passed) Green else Red,
            )
        },
    )
}

@Composable
private fun numbers(row: SelfTestRow): String =
    stringResource(
        R.string.self_test_numbers,
        row.maxError ?: Float.NaN,
        row.coldMs?.let(::milliseconds) ?: "–",
        row.warmMs?.let(::milliseconds) ?: "–",
    )

private fun share(context: Context, report: SelfTestReport) {
    val send = Intent(Intent.ACTION_SEND).setType("application/json").putExtra(Intent.EXTRA_TEXT, report.toJson())
    context.startActivity(Intent.createChooser(send, null))
}
