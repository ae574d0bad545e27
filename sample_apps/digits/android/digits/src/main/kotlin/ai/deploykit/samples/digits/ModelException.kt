package ai.deploykit.samples.digits

/** Everything that can go wrong with a model, beside cancellation. */
public sealed class ModelException(message: String, cause: Throwable? = null) : Exception(message, cause) {
    /** The model, its labels or its test pictures are not in the app. */
    public class ModelMissing internal constructor(message: String, cause: Throwable? = null) :
        ModelException(message, cause)

    /** A file of the model is not the one that this code was made for. */
    public class ModelCorrupt internal constructor(message: String, cause: Throwable? = null) :
        ModelException(message, cause)

    /** No wanted accelerator runs the model correctly on this device. */
    public class UnsupportedDevice internal constructor(message: String, cause: Throwable? = null) :
        ModelException(message, cause)

    /** The accelerator failed while the model ran. */
    public class AcceleratorFailed internal constructor(message: String, cause: Throwable? = null) :
        ModelException(message, cause)

    /** The picture or tensor cannot be used. */
    public class InvalidInput internal constructor(message: String, cause: Throwable? = null) :
        ModelException(message, cause)

    /** The model was used after `close()`. */
    public class Closed internal constructor() : ModelException("the model is closed; load it again")
}
