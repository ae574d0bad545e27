"""coremltools' own op tests, executed on any operating system with the reference runner in place of Apple's runtime."""
