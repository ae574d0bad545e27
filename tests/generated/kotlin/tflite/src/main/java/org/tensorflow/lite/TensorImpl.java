package org.tensorflow.lite;

import deploykit.host.NativeBuffer;
import deploykit.host.NativeTensor;
import deploykit.host.Quantization;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A tensor over LiteRT's memory, with the checks of the original: types always, sizes exactly for inputs. */
final class TensorImpl implements Tensor {
  private final NativeTensor tensor;
  private final DataType type;
  private NativeBuffer buffer;

  TensorImpl(NativeTensor tensor) {
    this.tensor = tensor;
    this.type = DataTypeUtils.fromC(tensor.getType().getElement());
  }

  boolean hasBuffer() {
    return buffer != null;
  }

  NativeBuffer buffer() {
    return buffer;
  }

  void replace(NativeBuffer other) {
    close();
    buffer = other;
  }

  void close() {
    if (buffer != null) {
      buffer.close();
      buffer = null;
    }
  }

  @Override
  public DataType dataType() {
    return type;
  }

  @Override
  public int numDimensions() {
    return shape().length;
  }

  @Override
  public int numBytes() {
    return (int) buffer.getSize();
  }

  @Override
  public int numElements() {
    return buffer.getType().getElements();
  }

  @Override
  public int[] shape() {
    return buffer.getType().getDimensions();
  }

  @Override
  public int[] shapeSignature() {
    throw new UnsupportedOperationException("LiteRT does not tell which dimensions a file leaves open");
  }

  @Override
  public int index() {
    return tensor.getGraphIndex();
  }

  @Override
  public String name() {
    return tensor.getGraphName();
  }

  @Override
  public QuantizationParams quantizationParams() {
    Quantization found = tensor.getQuantization();
    return found == null
        ? new QuantizationParams(0, 0)
        : new QuantizationParams(found.getScale(), (int) found.getZeroPoint());
  }

  @Override
  public ByteBuffer asReadOnlyBuffer() {
    return memory(false).asReadOnlyBuffer().order(ByteOrder.nativeOrder());
  }

  /** The shape of an array that is to become this tensor's content, if that differs; buffers have no shape. */
  int[] getInputShapeIfDifferent(Object value) {
    if (value == null || value instanceof Buffer) {
      return null;
    }
    throwIfTypeDiffers(value);
    int[] shape = Values.shape(value);
    return Arrays.equals(shape, shape()) ? null : shape;
  }

  void setTo(Object value) {
    if (value == null) {
      throw new IllegalArgumentException("Null inputs are allowed only if the Tensor is bound to a buffer handle.");
    }
    throwIfTypeDiffers(value);
    if (value instanceof Buffer source) {
      if (bytes(source) != numBytes()) {
        throw mismatch("to", numBytes() + " bytes", "from a Java Buffer with " + bytes(source) + " bytes.");
      }
      Values.fromBuffer(source, memory(true));
    } else {
      if (!Arrays.equals(Values.shape(value), shape())) {
        throw mismatch("to", text(shape()), "from a Java object with " + text(Values.shape(value)) + ".");
      }
      Values.fromArray(value, memory(true));
    }
  }

  void copyTo(Object value) {
    throwIfTypeDiffers(value);
    if (value instanceof Buffer target) {
      if (numBytes() > bytes(target)) {
        throw mismatch("from", numBytes() + " bytes", "to a Java Buffer with " + bytes(target) + " bytes.");
      }
      Values.toBuffer(memory(false), target);
    } else {
      if (!Arrays.equals(Values.shape(value), shape())) {
        throw mismatch("from", text(shape()), "to a Java object with " + text(Values.shape(value)) + ".");
      }
      Values.toArray(memory(false), value);
    }
  }

  /** LiteRT's memory itself: it lies in the host's memory and stays where it is. */
  private ByteBuffer memory(boolean write) {
    long size = buffer.getSize();
    try {
      return buffer
          .access(size, write, memory -> memory.getByteBuffer(0, size))
          .order(ByteOrder.nativeOrder());
    } catch (Exception failure) {
      throw Failures.argument("Internal error: the memory of " + name(), failure);
    }
  }

  /** A ByteBuffer may hold any type; else the type of the elements must be the tensor's. */
  private void throwIfTypeDiffers(Object value) {
    if (value instanceof ByteBuffer) {
      return;
    }
    DataType given = Values.type(value);
    if (!DataTypeUtils.toStringName(given).equals(DataTypeUtils.toStringName(type))) {
      throw new IllegalArgumentException(
          "Cannot convert between a TensorFlowLite tensor with type " + type + " and a Java object of type "
              + value.getClass().getName() + " (which is compatible with the TensorFlowLite type " + given + ").");
    }
  }

  private int bytes(Buffer other) {
    return other instanceof ByteBuffer ? other.capacity() : other.capacity() * type.byteSize();
  }

  private static String text(int[] shape) {
    return "shape " + Arrays.toString(shape);
  }

  private IllegalArgumentException mismatch(String direction, String mine, String other) {
    return new IllegalArgumentException(
        "Cannot copy " + direction + " a TensorFlowLite tensor (" + name() + ") with " + mine + " " + other);
  }
}
