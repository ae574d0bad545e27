"""Op probes: one op, one set of parameters, every road; what the installed converters get wrong, silently or loudly."""
