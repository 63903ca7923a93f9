"""Readout: between the radiologist's voice, AI draft findings and the record."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("readout")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0.0.0"

__all__ = ["__version__"]
