// The part of androidx.compose.material3:material3 that only its Android build has.
package androidx.compose.material3

import android.content.Context

fun dynamicDarkColorScheme(context: Context): ColorScheme =
    throw UnsupportedOperationException("a stub for compiling $context")

fun dynamicLightColorScheme(context: Context): ColorScheme =
    throw UnsupportedOperationException("a stub for compiling $context")
