"""The whole zoo, built and measured: `docs/zoo.md`, and what `deploykit zoo show` prints."""
