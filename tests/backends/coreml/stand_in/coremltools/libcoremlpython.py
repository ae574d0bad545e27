"""On a Mac this is the native part; that it is there tells that models can be run."""
