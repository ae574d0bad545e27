"""Measurements over many networks. Slow: run by hand, not by the tests."""
