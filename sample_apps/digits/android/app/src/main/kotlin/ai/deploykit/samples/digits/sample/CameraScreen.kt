package ai.deploykit.samples.digits.sample

import android.Manifest
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.provider.Settings
import androidx.activity.compose.rememberLauncherForActivityResult
import androidx.activity.result.contract.ActivityResultContracts.RequestPermission
import androidx.camera.core.ImageAnalysis
import androidx.camera.core.ImageProxy
import androidx.camera.view.CameraController
import androidx.camera.view.LifecycleCameraController
import androidx.camera.view.PreviewView
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.material3.TopAppBar
import androidx.compose.runtime.Composable
import androidx.compose.runtime.DisposableEffect
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import androidx.compose.ui.viewinterop.AndroidView
import androidx.lifecycle.compose.LifecycleResumeEffect
import androidx.lifecycle.compose.LocalLifecycleOwner
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asExecutor

/** What the camera sees, and over it what the model makes of the latest frame. */
@OptIn(ExperimentalMaterial3Api::class)
@Composable
fun CameraScreen(state: SampleState, onFrame: (ImageProxy) -> Unit, onBack: () -> Unit) {
    Scaffold(
        topBar = {
            TopAppBar(
                title = { Text(stringResource(R.string.camera)) },
                navigationIcon = { TextButton(onBack) { Text(stringResource(R.string.back)) } },
            )
        },
    ) { padding ->
        Column(
            verticalArrangement = Arrangement.spacedBy(16.dp),
            modifier = Modifier
                .fillMaxSize()
                .padding(padding)
                .verticalScroll(rememberScrollState())
                .padding(16.dp),
        ) {
            LoadingLine(state.loading)
            WithCamera { LiveResult(state.live, onFrame) }
            state.error?.let { Text(it, color = MaterialTheme.colorScheme.error) }
        }
    }
}

@Composable
private fun LiveResult(live: Live?, onFrame: (ImageProxy) -> Unit) {
    // Of phones held upright, until the first frame tells.
    val shape = live?.let { it.width.toFloat() / it.height } ?: (3f / 4f)
    ResultOf(live?.result) { Preview(onFrame, Modifier.fillMaxWidth().aspectRatio(shape)) }
    if (live != null) {
        Text(
            stringResource(R.string.live, live.accelerator.shown, milliseconds(live.duration)),
            style = MaterialTheme.typography.labelMedium,
        )
    }
}

/** The back camera's picture. [onFrame] has to close what it gets; frames that come before that are dropped. */
@Composable
private fun Preview(onFrame: (ImageProxy) -> Unit, modifier: Modifier) {
    val context = LocalContext.current
    val lifecycle = LocalLifecycleOwner.current
    val camera = remember {
        LifecycleCameraController(context).apply {
            setEnabledUseCases(CameraController.IMAGE_ANALYSIS)
            imageAnalysisBackpressureStrategy = ImageAnalysis.STRATEGY_KEEP_ONLY_LATEST
            imageAnalysisOutputImageFormat = ImageAnalysis.OUTPUT_IMAGE_FORMAT_RGBA_8888
            setImageAnalysisAnalyzer(Dispatchers.Default.asExecutor(), onFrame)
        }
    }
    DisposableEffect(lifecycle) {
        camera.bindToLifecycle(lifecycle)
        onDispose { camera.unbind() }
    }
    AndroidView(
        factory = {
            PreviewView(it).apply {
                // A surface of its own would not scroll with what is drawn over it.
                implementationMode = PreviewView.ImplementationMode.COMPATIBLE
                // Preview and frames both have the sensor's 4:3, so that nothing is cut off.
                scaleType = PreviewView.ScaleType.FIT_CENTER
                controller = camera
            }
        },
        modifier = modifier,
    )
}

/** Shows [content] once the user allows the camera: asks when it is shown first, then leads to the settings. */
@Composable
private fun WithCamera(content: @Composable () -> Unit) {
    val context = LocalContext.current
    var isAllowed by remember { mutableStateOf(context.mayUseCamera()) }
    var wasAsked by rememberSaveable { mutableStateOf(false) }
    val request = rememberLauncherForActivityResult(RequestPermission()) { isAllowed = it }
    LaunchedEffect(Unit) {
        if (!isAllowed && !wasAsked) request.launch(Manifest.permission.CAMERA)
        wasAsked = true
    }
    // The settings, too, may have changed it.
    LifecycleResumeEffect(Unit) {
        isAllowed = context.mayUseCamera()
        onPauseOrDispose { }
    }
    if (isAllowed) {
        content()
    } else {
        Text(stringResource(R.string.camera_needed))
        Button(onClick = context::openSettings) { Text(stringResource(R.string.open_settings)) }
    }
}

private fun Context.mayUseCamera(): Boolean =
    checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED

private fun Context.openSettings() =
    startActivity(Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, Uri.fromParts("package", packageName, null)))
