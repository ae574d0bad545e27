"""SDKs of the zoo's networks, compiled and run: that they are right end to end, for one network of each task."""
