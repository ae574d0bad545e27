package ai.deploykit.samples.digits

/** What one input is given. */
internal sealed interface Given

/** A picture: [read] gives its pixels, and may put them into the array that it gets. */
internal class GivenPicture(val read: (reusable: IntArray) -> Pixels) : Given

/** Numbers as they are. */
internal class GivenNumbers(val numbers: Numbers) : Given

/** What the model made of its inputs: good until the next prediction. */
internal class Prediction(
    /** In the contract's order. */
    val outputs: List<Numbers>,
    /** Where each given picture lies in the one that the model saw. */
    val placements: List<Placement>,
)

/**
 * Runs an engine as the contract says: pictures become inputs, states go from call to call, sizes are checked.
 *
 * Buffers are kept from call to call. Not thread-safe.
 */
internal class Predictor(private val contract: ModelContract, private val engine: Engine) : AutoCloseable by engine {
    private val pictures = contract.inputs.map { spec -> spec.picture?.let { PictureInput(spec, it) } }
    private val inputs: Array<Numbers> =
        Array(contract.inputs.size) { pictures[it]?.numbers ?: zeros(contract.inputs[it]) }

    /** Runs the model on [given], one for each input that is no state. */
    fun predict(given: List<Given>): Prediction {
        val placements = prepare(given)
        return Prediction(run(), placements)
    }

    /** Puts [given] into place. Nothing is computed yet, so a caller may still change its mind. */
    fun prepare(given: List<Given>): List<Placement> {
        val placements = mutableListOf<Placement>()
        val wanted = contract.inputs.indices.filter { contract.inputs[it].state == null }
        require(wanted.size == given.size) { "the model takes ${wanted.size} inputs, not ${given.size}" }
        for ((place, value) in wanted.zip(given)) {
            when (value) {
                is GivenPicture -> {
                    val picture = pictures[place] ?: throw noPicture(contract.inputs[place])
                    placements += picture.read(value.read)
                    inputs[place] = picture.numbers
                }
                is GivenNumbers -> inputs[place] = checked(contract.inputs[place], value.numbers)
            }
        }
        contract.sizesOf(inputs.asList())
        return placements
    }

    /** Runs the model on what is in place. */
    fun run(): List<Numbers> {
        val outputs = engine.run(inputs.asList())
        for ((spec, output) in contract.outputs.zip(outputs)) {
            if (!spec.fits(output.shape) || output.size != output.shape.fold(1, Int::times)) {
                val what = "the model gave ${output.size} numbers of ${output.shape} in ${spec.name}, not ${spec.shape}"
                throw ModelException.ModelCorrupt(what)
            }
        }
        contract.inputs.forEachIndexed { place, spec ->
            val kept = contract.outputs.indexOfFirst { it.name == spec.state }
            if (kept >= 0) outputs[kept].copyTo(inputs[place])
        }
        return outputs
    }

    /** Runs the model on zeros, and leaves states as they are. */
    fun warm() {
        engine.run(contract.inputs.map(::zeros))
    }

    /** Forgets all states: the next call is the first one. */
    fun reset() {
        contract.inputs.forEachIndexed { place, spec -> if (spec.state != null) zeros(spec).copyTo(inputs[place]) }
    }

    private fun zeros(spec: TensorSpec) = spec.at(contract.defaultSizes).zeros()

    private fun noPicture(spec: TensorSpec) = ModelException.InvalidInput("${spec.name} takes no picture")

    private fun checked(spec: TensorSpec, numbers: Numbers): Numbers {
        val fits = when (numbers) {
            is Floats -> spec.type == NumberType.Float32
            is Ints -> spec.type == NumberType.Int32
            is Bools -> spec.type == NumberType.Bool
        }
        if (!fits || !spec.fits(numbers.shape)) {
            throw ModelException.InvalidInput("${spec.name} takes ${spec.type} ${spec.shape}, not ${numbers.shape}")
        }
        return numbers
    }
}

/** One input of the model that is a picture. */
private class PictureInput(spec: TensorSpec, preprocessing: ImagePreprocessing) {
    val numbers = Floats(spec.shape, FloatArray(spec.size))
    private val preprocessor = Preprocessor(preprocessing)
    private var argb = IntArray(0)

    fun read(source: (reusable: IntArray) -> Pixels): Placement {
        val picture = source(argb)
        argb = picture.argb
        return preprocessor.run(picture, numbers.values)
    }
}
