"""The zoo: networks from the literature on mobile networks, each in one file, with its contract and its paper.

An entry is `deploykit/zoo/<task>/<name>.py`: a `deploykit.toml` in comments at the top, and the network's factory.
"""
