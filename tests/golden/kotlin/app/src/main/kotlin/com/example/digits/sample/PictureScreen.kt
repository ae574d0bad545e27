package com.example.digits.sample

import android.content.pm.PackageManager
import android.graphics.Bitmap
import android.net.Uri
import androidx.activity.compose.rememberLauncherForActivityResult
import androidx.activity.result.PickVisualMediaRequest
import androidx.activity.result.contract.ActivityResultContracts.PickVisualMedia
import androidx.compose.foundation.Image
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.material3.TopAppBar
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.asImageBitmap
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import com.example.digits.LoadState

/** Choose a picture, and see what the model makes of it. */
@OptIn(ExperimentalMaterial3Api::class)
@Composable
fun PictureScreen(
    state: SampleState,
    onPicture: (Uri) -> Unit,
    onCamera: () -> Unit,
    onSelfTest: () -> Unit,
) {
    val isReady = state.loading is LoadState.Ready
    Scaffold(
        topBar = {
            TopAppBar(
                title = { Text(stringResource(R.string.app_name)) },
                actions = { TextButton(onSelfTest, enabled = isReady) { Text(stringResource(R.string.self_test)) } },
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
            PictureSources(onPicture, onCamera)
            when {
                state.error != null -> Text(state.error, color = MaterialTheme.colorScheme.error)
                state.pictureUnreadable -> Text(stringResource(R.string.picture_unreadable))
                state.picture == null -> Text(stringResource(R.string.start))
                else -> ResultOf(state.result) { Picture(state.picture) }
            }
            state.timing?.let { TimingLine(it) }
        }
    }
}

@Composable
private fun PictureSources(onPicture: (Uri) -> Unit, onCamera: () -> Unit) {
    val gallery = rememberLauncherForActivityResult(PickVisualMedia()) { uri -> uri?.let(onPicture) }
    // One at the back: what a front camera shows is mirrored, and results would not lie where things are.
    val hasCamera = LocalContext.current.packageManager.hasSystemFeature(PackageManager.FEATURE_CAMERA)
    Row(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        Button(onClick = { gallery.launch(PickVisualMediaRequest(PickVisualMedia.ImageOnly)) }) {
            Text(stringResource(R.string.pick_picture))
        }
        if (hasCamera) {
            OutlinedButton(onCamera) { Text(stringResource(R.string.camera)) }
        }
    }
}

/** A picture as wide as there is room. */
@Composable
fun Picture(picture: Bitmap) {
    Image(
        bitmap = remember(picture) { picture.asImageBitmap() },
        contentDescription = stringResource(R.string.picture),
        contentScale = ContentScale.FillWidth,
        modifier = Modifier.fillMaxWidth(),
    )
}
