"""minicompose: stack files in, running containers out."""

__version__ = "0.1.0"
