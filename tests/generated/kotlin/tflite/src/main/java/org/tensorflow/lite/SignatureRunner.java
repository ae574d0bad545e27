package org.tensorflow.lite;

import deploykit.host.NativeModel;
import deploykit.host.NativeSignature;
import deploykit.host.NativeTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One signature of an open model, its tensors in the order of its graph. */
final class SignatureRunner {
  private final NativeModel model;
  private final NativeSignature signature;
  private final List<TensorImpl> inputs = new ArrayList<>();
  private final List<TensorImpl> outputs = new ArrayList<>();
  private boolean allocated;

  SignatureRunner(NativeModel model, NativeSignature signature) {
    this.model = model;
    this.signature = signature;
    signature.getInputs().forEach(tensor -> inputs.add(new TensorImpl(tensor)));
    signature.getOutputs().forEach(tensor -> outputs.add(new TensorImpl(tensor)));
    allocate();
  }

  List<TensorImpl> inputs() {
    return inputs;
  }

  List<TensorImpl> outputs() {
    return outputs;
  }

  String[] inputNames() {
    return signature.getInputs().stream().map(NativeTensor::getName).toArray(String[]::new);
  }

  String[] outputNames() {
    return signature.getOutputs().stream().map(NativeTensor::getName).toArray(String[]::new);
  }

  int inputIndex(String name) {
    return index(inputNames(), name, "input");
  }

  int outputIndex(String name) {
    return index(outputNames(), name, "output");
  }

  /** Copies the inputs in, runs, copies the outputs that are not null out; gives the nanoseconds of running. */
  long run(Map<Integer, Object> values, Map<Integer, Object> results) {
    values.forEach(
        (index, value) -> {
          int[] shape = input(index).getInputShapeIfDifferent(value);
          if (shape != null) {
            resize(index, shape, false);
          }
        });
    allocate();
    values.forEach((index, value) -> input(index).setTo(value));
    long started = System.nanoTime();
    try {
      model.run(
          signature,
          inputs.stream().map(TensorImpl::buffer).toList(),
          outputs.stream().map(TensorImpl::buffer).toList());
    } catch (Exception failure) {
      throw Failures.argument("Internal error: Failed to run on the given Interpreter", failure);
    }
    long duration = System.nanoTime() - started;
    results.forEach(
        (index, result) -> {
          if (index < 0 || index >= outputs.size()) {
            throw new IllegalArgumentException("Invalid output Tensor index: " + index);
          }
          if (result != null) {
            outputs.get(index).copyTo(result);
          }
        });
    return duration;
  }

  /** Takes effect for the outputs, as in the original, when tensors are allocated. */
  void resize(int index, int[] dimensions, boolean strict) {
    try {
      model.resize(signature, index, dimensions, strict);
      inputs.get(index).replace(model.createBuffer(signature, true, index));
    } catch (Exception failure) {
      throw Failures.argument("Internal error: Failed to resize " + index + "-th input", failure);
    }
    allocated = false;
  }

  void allocate() {
    if (allocated) {
      return;
    }
    try {
      for (int index = 0; index < inputs.size(); index++) {
        if (!inputs.get(index).hasBuffer()) {
          inputs.get(index).replace(model.createBuffer(signature, true, index));
        }
      }
      for (int index = 0; index < outputs.size(); index++) {
        outputs.get(index).replace(model.createBuffer(signature, false, index));
      }
    } catch (Exception failure) {
      throw Failures.argument("Internal error: Unexpected failure when preparing tensor allocations", failure);
    }
    allocated = true;
  }

  void close() {
    inputs.forEach(TensorImpl::close);
    outputs.forEach(TensorImpl::close);
  }

  private TensorImpl input(int index) {
    if (index < 0 || index >= inputs.size()) {
      throw new IllegalArgumentException("Invalid input Tensor index: " + index);
    }
    return inputs.get(index);
  }

  private int index(String[] names, String name, String kind) {
    int found = List.of(names).indexOf(name);
    if (found < 0) {
      throw new IllegalArgumentException(
          "Input error: '" + name + "' is not a valid " + kind + " name of signature " + signature.getKey());
    }
    return found;
  }
}
