package PACKAGE

import deploykit.host.contextWithAssets
import java.io.File
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35])
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class ZooTest {
    @Test
    fun `loads on the CPU and tells what its goldens come to`() = runBlocking {
        val device = contextWithAssets(File(System.getProperty("assets"), "PACKAGE"))
        CLASS.load(device).use { model ->
            assertEquals(Accelerator.Cpu, model.accelerator)
            File(System.getProperty("answers"), "PACKAGE.json").writeText(model.selfTest().toJson())
        }
    }
}
