// Signatures of androidx.activity.result in androidx.activity:activity 1.12.
package androidx.activity.result

import androidx.activity.result.contract.ActivityResultContracts.PickVisualMedia

abstract class ActivityResultLauncher<I> {
    fun launch(input: I): Unit = throw UnsupportedOperationException("a stub for compiling $input")
}

class PickVisualMediaRequest internal constructor()

fun PickVisualMediaRequest(mediaType: PickVisualMedia.VisualMediaType): PickVisualMediaRequest =
    throw UnsupportedOperationException("a stub for compiling $mediaType")
