"""What runs in a process of its own: capture, one lowering, one artifact's run.

Light to import, since the parent imports it, too: torch and the converters are imported inside the functions.
"""
