package org.tensorflow.lite;

/** LiteRT's exceptions are checked in Java and TensorFlow Lite's are not. */
final class Failures {
  private Failures() {}

  /** What the original throws when the runtime refuses something. */
  static IllegalArgumentException argument(String what, Exception cause) {
    if (cause instanceof RuntimeException bug) {
      throw bug;
    }
    return new IllegalArgumentException(what + ": " + cause.getMessage(), cause);
  }
}
