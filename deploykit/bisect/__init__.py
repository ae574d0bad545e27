"""`deploykit bisect`: the first op of a model that an artifact computes otherwise, and the smallest proof of it."""
