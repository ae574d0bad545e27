"""What jobs of earlier builds gave, kept in the user's cache, so that nothing is done twice.

A job is kept under a key: its name, its arguments, the content of the files that it was given, the versions of all
installed packages, Python's and the machine's. With it is kept what else it was seen to read while it ran (the user's
modules, weights and samples, deploykit's own modules, environment variables). It is used again only if every one of
those is as it was.
"""
