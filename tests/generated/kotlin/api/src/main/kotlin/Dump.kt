package deploykit.generated.api

import java.io.File
import java.util.ServiceLoader
import org.jetbrains.kotlin.abi.tools.api.AbiFilters
import org.jetbrains.kotlin.abi.tools.api.AbiToolsFactory

/** Writes `TASK.api` for each folder of compiled classes in the first folder into the second one. */
fun main(arguments: Array<String>) {
    val (classes, out) = arguments.map(::File)
    val tools = ServiceLoader.load(AbiToolsFactory::class.java).single().get().v2
    out.mkdirs()
    for (sdk in requireNotNull(classes.listFiles()) { "$classes is no folder" }) {
        val files = sdk.walk().filter { it.extension == "class" }.toList()
        val dump = StringBuilder().also { tools.printJvmDump(it, files, AbiFilters.EMPTY) }
        File(out, "${sdk.name}.api").writeText(dump.toString())
    }
}
