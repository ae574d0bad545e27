# /// deploykit
# [model]
# name = "configurable-eben"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.waveform]
# type = "tensor"
# shape = [1, 1, 16352]
#
# [output.enhanced]
# type = "tensor"
#
# [paper]
# title = """Configurable EBEN: Extreme Bandwidth Extension Network to enhance body-conducted speech capture"""
# year = 2023
# parameters = 1900000
# table = "Table of objective and subjective metrics, generator's parameters"
#
# [zoo]
# difference = "the paper states 1.9 M, with one digit after the point"
# notes = [
#   "EBEN's generator, told how many of its four bands a microphone hears: two here, one in the entry eben",
#   "the discriminators, which are configured in the same way, are training's and are left out",
# ]
# ///
"""Configurable EBEN: the same generator for microphones that hear more, with two bands of its filter bank going in."""

from __future__ import annotations

from torch import nn

from deploykit.zoo.speech.eben import EBEN


def network() -> nn.Module:
    """Untrained."""
    return EBEN(taken=2)
