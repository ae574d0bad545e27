"""Executes a saved `.mlpackage` (an ML Program) with torch on the CPU, on any operating system.

It checks an artifact against the published meaning of its ops; it says nothing about Apple's runtime or hardware.
"""

from deploykit.backends.coreml.reference.precision import Mode as Mode
from deploykit.backends.coreml.reference.runner import ReferenceRunner as ReferenceRunner
from deploykit.backends.coreml.reference.state import State as State
from deploykit.backends.coreml.reference.step import OpOutput as OpOutput

__all__ = ["Mode", "OpOutput", "ReferenceRunner", "State"]
