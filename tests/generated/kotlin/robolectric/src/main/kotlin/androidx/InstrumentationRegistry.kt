package androidx.test.platform.app

import android.app.Instrumentation
import android.os.Bundle

/**
 * Robolectric registers its instrumentation here; these tests never ask for it.
 *
 * Robolectric 4.16.1 links against `androidx.test:monitor`, which only Google's repository has. This folder has the
 * classes of it that Robolectric touches to create an `Application`: they take what they are told and keep nothing.
 * Starting activities is beyond them (there is no `IntentStubberRegistry`).
 */
object InstrumentationRegistry {
    @JvmStatic
    @Suppress("UNUSED_PARAMETER")
    fun registerInstance(instrumentation: Instrumentation?, arguments: Bundle) = Unit
}
