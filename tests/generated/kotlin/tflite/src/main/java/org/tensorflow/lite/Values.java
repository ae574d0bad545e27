package org.tensorflow.lite;

import java.lang.reflect.Array;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;

/** What Java has for a tensor's content: buffers, arrays of arrays of primitives, and boxed scalars; no strings. */
final class Values {
  private Values() {}

  static DataType type(Object value) {
    Class<?> element = value.getClass();
    while (element.isArray()) {
      element = element.getComponentType();
    }
    if (element == float.class || value instanceof Float || value instanceof FloatBuffer) {
      return DataType.FLOAT32;
    } else if (element == int.class || value instanceof Integer || value instanceof IntBuffer) {
      return DataType.INT32;
    } else if (element == short.class || value instanceof Short || value instanceof ShortBuffer) {
      return DataType.INT16;
    } else if (element == byte.class || value instanceof Byte) {
      return DataType.UINT8;
    } else if (element == long.class || value instanceof Long || value instanceof LongBuffer) {
      return DataType.INT64;
    } else if (element == boolean.class || value instanceof Boolean) {
      return DataType.BOOL;
    }
    throw new IllegalArgumentException("DataType error: cannot resolve DataType of " + value.getClass().getName());
  }

  /** The dimensions of an array; none for a scalar. */
  static int[] shape(Object value) {
    List<Integer> dimensions = new ArrayList<>();
    for (Object inner = value; inner.getClass().isArray(); inner = Array.get(inner, 0)) {
      if (Array.getLength(inner) == 0) {
        throw new IllegalArgumentException("Array lengths cannot be 0.");
      }
      dimensions.add(Array.getLength(inner));
    }
    int[] shape = dimensions.stream().mapToInt(Integer::intValue).toArray();
    throwIfRagged(value, shape, 0);
    return shape;
  }

  /**
   * The whole of a direct buffer in the machine's byte order, wherever its position is; else what remains of it. The
   * original does the same, because its fast path copies memory.
   */
  static void fromBuffer(Buffer source, ByteBuffer memory) {
    if (source instanceof ByteBuffer bytes) {
      memory.put(isNative(source, bytes.order()) ? bytes.duplicate().clear() : bytes);
    } else if (source instanceof FloatBuffer floats) {
      memory.asFloatBuffer().put(isNative(source, floats.order()) ? floats.duplicate().clear() : floats);
    } else if (source instanceof IntBuffer ints) {
      memory.asIntBuffer().put(isNative(source, ints.order()) ? ints.duplicate().clear() : ints);
    } else if (source instanceof LongBuffer longs) {
      memory.asLongBuffer().put(isNative(source, longs.order()) ? longs.duplicate().clear() : longs);
    } else if (source instanceof ShortBuffer shorts) {
      memory.asShortBuffer().put(isNative(source, shorts.order()) ? shorts.duplicate().clear() : shorts);
    } else {
      throw new IllegalArgumentException("Unexpected input buffer type: " + source);
    }
  }

  /** To the buffer's position, which moves. */
  static void toBuffer(ByteBuffer memory, Buffer target) {
    if (target instanceof ByteBuffer bytes) {
      bytes.put(memory);
    } else if (target instanceof FloatBuffer floats) {
      floats.put(memory.asFloatBuffer());
    } else if (target instanceof IntBuffer ints) {
      ints.put(memory.asIntBuffer());
    } else if (target instanceof LongBuffer longs) {
      longs.put(memory.asLongBuffer());
    } else if (target instanceof ShortBuffer shorts) {
      shorts.put(memory.asShortBuffer());
    } else {
      throw new IllegalArgumentException("Unexpected output buffer type: " + target);
    }
  }

  static void fromArray(Object value, ByteBuffer memory) {
    if (value.getClass().isArray()) {
      for (int index = 0; index < Array.getLength(value); index++) {
        fromArray(Array.get(value, index), memory);
      }
    } else if (value instanceof Float number) {
      memory.putFloat(number);
    } else if (value instanceof Integer number) {
      memory.putInt(number);
    } else if (value instanceof Long number) {
      memory.putLong(number);
    } else if (value instanceof Short number) {
      memory.putShort(number);
    } else if (value instanceof Byte number) {
      memory.put(number);
    } else {
      memory.put((byte) ((Boolean) value ? 1 : 0));
    }
  }

  static void toArray(ByteBuffer memory, Object array) {
    for (int index = 0; index < Array.getLength(array); index++) {
      if (array instanceof Object[] outer) {
        toArray(memory, outer[index]);
      } else if (array instanceof float[] numbers) {
        numbers[index] = memory.getFloat();
      } else if (array instanceof int[] numbers) {
        numbers[index] = memory.getInt();
      } else if (array instanceof long[] numbers) {
        numbers[index] = memory.getLong();
      } else if (array instanceof short[] numbers) {
        numbers[index] = memory.getShort();
      } else if (array instanceof byte[] numbers) {
        numbers[index] = memory.get();
      } else {
        ((boolean[]) array)[index] = memory.get() != 0;
      }
    }
  }

  private static boolean isNative(Buffer buffer, ByteOrder order) {
    return buffer.isDirect() && order == ByteOrder.nativeOrder();
  }

  private static void throwIfRagged(Object value, int[] shape, int depth) {
    if (depth == shape.length) {
      return;
    }
    int length = Array.getLength(value);
    if (length != shape[depth]) {
      throw new IllegalArgumentException(
          "Mismatched lengths (" + shape[depth] + " and " + length + ") in dimension " + depth);
    }
    if (value instanceof Object[] outer) {
      for (Object inner : outer) {
        throwIfRagged(inner, shape, depth + 1);
      }
    }
  }
}
