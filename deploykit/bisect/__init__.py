"""`deploykit bisect`: the first op of a model that a wrong artifact computes otherwise, and the smallest proof of it."""
