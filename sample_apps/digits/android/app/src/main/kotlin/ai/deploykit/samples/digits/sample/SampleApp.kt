package ai.deploykit.samples.digits.sample

import android.os.Build
import androidx.activity.compose.BackHandler
import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.dynamicDarkColorScheme
import androidx.compose.material3.dynamicLightColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.platform.LocalContext
import androidx.lifecycle.compose.collectAsStateWithLifecycle

private enum class Screen { Main, Camera, SelfTest }

/** A picture, the camera, and the self-test. */
@Composable
fun SampleApp(model: SampleViewModel) {
    var screen by rememberSaveable { mutableStateOf(Screen.Main) }
    val state by model.state.collectAsStateWithLifecycle()
    BackHandler(enabled = screen != Screen.Main) { screen = Screen.Main }
    when (screen) {
        Screen.Main -> PictureScreen(
            state = state,
            onPicture = model::use,
            onCamera = { screen = Screen.Camera },
            onSelfTest = { screen = Screen.SelfTest },
        )
        Screen.Camera -> CameraScreen(state = state, onFrame = model::see, onBack = { screen = Screen.Main })
        Screen.SelfTest -> {
            LaunchedEffect(Unit) { model.runSelfTest() }
            SelfTestScreen(state.selfTest, onBack = { screen = Screen.Main })
        }
    }
}

/** Material 3 in the colours of the user's wallpaper where Android has them. */
@Composable
fun SampleTheme(content: @Composable () -> Unit) {
    val context = LocalContext.current
    val dark = isSystemInDarkTheme()
    val colors = when {
        Build.VERSION.SDK_INT >= Build.VERSION_CODES.S && dark -> dynamicDarkColorScheme(context)
        Build.VERSION.SDK_INT >= Build.VERSION_CODES.S -> dynamicLightColorScheme(context)
        dark -> darkColorScheme()
        else -> lightColorScheme()
    }
    MaterialTheme(colorScheme = colors, content = content)
}
