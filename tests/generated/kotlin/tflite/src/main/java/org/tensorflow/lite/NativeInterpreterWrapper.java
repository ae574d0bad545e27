package org.tensorflow.lite;

import deploykit.host.CpuSettings;
import deploykit.host.ModelSource;
import deploykit.host.NativeEnvironment;
import deploykit.host.NativeModel;
import deploykit.host.NativeSignature;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What the AAR's {@link Interpreter} calls, over the runtime of LiteRT for Linux instead of the AAR's library for
 * Android.
 *
 * <p>The methods are those that org.tensorflow:tensorflow-lite 2.16.1 links against, and refuse what the original
 * refuses (google-ai-edge/LiteRT, tflite/java/src/main, describes them). Inputs and outputs are counted in the order of
 * the main graph. Delegates are refused: theirs are Android's too.
 */
class NativeInterpreterWrapper implements AutoCloseable {
  private static final int CPU = 1;

  /** LiteRT's name for the signature of a file that has none. */
  private static final String NO_SIGNATURE = "<placeholder signature>";

  private final NativeEnvironment environment = new NativeEnvironment();
  private final NativeModel model;
  private final Map<String, SignatureRunner> runners = new LinkedHashMap<>();
  private final SignatureRunner main;
  private long inferenceDurationNanoseconds = -1;

  NativeInterpreterWrapper(ByteBuffer bytes, InterpreterImpl.Options options) {
    this(ModelSource.Companion.of(checked(bytes)), options);
  }

  NativeInterpreterWrapper(String path, InterpreterImpl.Options options) {
    this(ModelSource.Companion.of(new File(path)), options);
  }

  private NativeInterpreterWrapper(ModelSource source, InterpreterImpl.Options given) {
    InterpreterImpl.Options options = given == null ? new InterpreterImpl.Options() : given;
    if (!options.getDelegates().isEmpty() || !options.getDelegateFactories().isEmpty() || options.getUseNNAPI()) {
      environment.close();
      throw new UnsupportedOperationException("delegates run on Android only");
    }
    Integer threads = options.getNumThreads() > 0 ? options.getNumThreads() : null;
    try {
      model = new NativeModel(environment, source, CPU, new CpuSettings(threads, null, null));
    } catch (Exception failure) {
      environment.close();
      throw Failures.argument("Contents of " + source + " are not a valid TensorFlow Lite model", failure);
    }
    for (NativeSignature signature : model.getSignatures()) {
      runners.put(signature.getKey(), new SignatureRunner(model, signature));
    }
    NativeSignature first = model.getMainSignature();
    if (first == null) {
      throw new UnsupportedOperationException("no signature leads to the model's main graph");
    }
    main = runners.get(first.getKey());
  }

  @Override
  public void close() {
    runners.values().forEach(SignatureRunner::close);
    model.close();
    environment.close();
  }

  void run(Object[] inputs, Map<Integer, Object> outputs) {
    if (inputs == null || inputs.length == 0) {
      throw new IllegalArgumentException("Input error: Inputs should not be null or empty.");
    }
    if (outputs == null) {
      throw new IllegalArgumentException("Input error: Outputs should not be null.");
    }
    Map<Integer, Object> numbered = new LinkedHashMap<>();
    IntStream.range(0, inputs.length).forEach(index -> numbered.put(index, inputs[index]));
    inferenceDurationNanoseconds = -1;
    inferenceDurationNanoseconds = main.run(numbered, outputs);
  }

  public void runSignature(Map<String, Object> inputs, Map<String, Object> outputs, String key) {
    if (inputs == null || inputs.isEmpty()) {
      throw new IllegalArgumentException("Input error: Inputs should not be null or empty.");
    }
    if (outputs == null) {
      throw new IllegalArgumentException("Input error: Outputs should not be null.");
    }
    SignatureRunner runner = runner(key);
    Map<Integer, Object> inputsByIndex = new LinkedHashMap<>();
    inputs.forEach((name, value) -> inputsByIndex.put(runner.inputIndex(name), value));
    Map<Integer, Object> outputsByIndex = new LinkedHashMap<>();
    outputs.forEach((name, value) -> outputsByIndex.put(runner.outputIndex(name), value));
    inferenceDurationNanoseconds = -1;
    inferenceDurationNanoseconds = runner.run(inputsByIndex, outputsByIndex);
  }

  void resizeInput(int index, int[] dimensions) {
    resizeInput(index, dimensions, false);
  }

  void resizeInput(int index, int[] dimensions, boolean strict) {
    main.resize(getInputTensorIndex(index), dimensions, strict);
  }

  void allocateTensors() {
    main.allocate();
  }

  int getInputTensorCount() {
    return main.inputs().size();
  }

  int getOutputTensorCount() {
    return main.outputs().size();
  }

  TensorImpl getInputTensor(int index) {
    return main.inputs().get(getInputTensorIndex(index));
  }

  TensorImpl getOutputTensor(int index) {
    if (index < 0 || index >= getOutputTensorCount()) {
      throw new IllegalArgumentException("Invalid output Tensor index: " + index);
    }
    return main.outputs().get(index);
  }

  TensorImpl getInputTensor(String name, String key) {
    SignatureRunner runner = runner(key);
    return runner.inputs().get(runner.inputIndex(name));
  }

  TensorImpl getOutputTensor(String name, String key) {
    SignatureRunner runner = runner(key);
    return runner.outputs().get(runner.outputIndex(name));
  }

  int getInputIndex(String graphName) {
    return indexOf(main.inputs(), graphName, "input");
  }

  int getOutputIndex(String graphName) {
    return indexOf(main.outputs(), graphName, "output");
  }

  public String[] getSignatureKeys() {
    return runners.keySet().stream().filter(key -> !key.equals(NO_SIGNATURE)).toArray(String[]::new);
  }

  String[] getSignatureInputs(String key) {
    return runner(key).inputNames();
  }

  String[] getSignatureOutputs(String key) {
    return runner(key).outputNames();
  }

  Long getLastNativeInferenceDurationNanoseconds() {
    return inferenceDurationNanoseconds < 0 ? null : inferenceDurationNanoseconds;
  }

  int getExecutionPlanLength() {
    throw new UnsupportedOperationException("LiteRT does not tell how many operators it runs");
  }

  void setCancelled(boolean cancelled) {
    throw new UnsupportedOperationException("nothing is cancelled on a JVM");
  }

  private int getInputTensorIndex(int index) {
    if (index < 0 || index >= getInputTensorCount()) {
      throw new IllegalArgumentException("Invalid input Tensor index: " + index);
    }
    return index;
  }

  private SignatureRunner runner(String key) {
    SignatureRunner runner = runners.get(key);
    if (runner == null) {
      throw new IllegalArgumentException("Input error: Signature " + key + " not found.");
    }
    return runner;
  }

  private static int indexOf(List<TensorImpl> tensors, String graphName, String kind) {
    List<String> names = tensors.stream().map(TensorImpl::name).toList();
    if (!names.contains(graphName)) {
      throw new IllegalArgumentException(
          "Input error: '" + graphName + "' is not a valid name for any " + kind + ". Names are " + names);
    }
    return names.indexOf(graphName);
  }

  private static ByteBuffer checked(ByteBuffer bytes) {
    boolean mapped = bytes instanceof MappedByteBuffer;
    if (!mapped && !(bytes.isDirect() && bytes.order() == ByteOrder.nativeOrder())) {
      throw new IllegalArgumentException(
          "Model ByteBuffer should be either a MappedByteBuffer of the model file, or a direct ByteBuffer using"
              + " ByteOrder.nativeOrder() which contains bytes of model content.");
    }
    return bytes;
  }
}
