// The part of androidx.compose.ui:ui that only its Android build has.
package androidx.compose.ui.res

import androidx.compose.runtime.Composable

@Composable
fun stringResource(id: Int): String = throw UnsupportedOperationException("a stub for compiling $id")

@Composable
fun stringResource(id: Int, vararg formatArgs: Any): String =
    throw UnsupportedOperationException("a stub for compiling $id $formatArgs")
