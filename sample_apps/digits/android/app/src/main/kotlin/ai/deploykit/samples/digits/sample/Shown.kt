package ai.deploykit.samples.digits.sample

import ai.deploykit.samples.digits.Accelerator
import ai.deploykit.samples.digits.LoadState
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import java.util.Locale
import kotlin.time.Duration
import kotlin.time.DurationUnit

/** The first run is cold: it includes what the accelerator prepares once. */
data class Timing(val accelerator: Accelerator, val cold: Duration, val warm: Duration)

/** How far loading is, while it is not done. */
@Composable
fun LoadingLine(state: LoadState) {
    val text = when (state) {
        is LoadState.Idle, is LoadState.Loading -> stringResource(R.string.loading)
        is LoadState.Verifying -> stringResource(R.string.verifying, state.accelerator.shown)
        is LoadState.Ready -> return
        is LoadState.Failed -> return Text(state.cause.message.orEmpty(), color = MaterialTheme.colorScheme.error)
    }
    Text(text)
    LinearProgressIndicator(Modifier.fillMaxWidth())
}

/** What ran, and how long it took. */
@Composable
fun TimingLine(timing: Timing) {
    Text(
        stringResource(R.string.timing, timing.accelerator.shown, milliseconds(timing.cold), milliseconds(timing.warm)),
        style = MaterialTheme.typography.labelMedium,
    )
}

/** For example `NPU`. */
val Accelerator.shown: String get() = name.uppercase(Locale.ROOT)

/** For example `3.4 ms`. */
fun milliseconds(duration: Duration): String = milliseconds(duration.toDouble(DurationUnit.MILLISECONDS))

/** For example `3.4 ms`. */
fun milliseconds(value: Double): String = String.format(Locale.getDefault(), "%.1f ms", value)
