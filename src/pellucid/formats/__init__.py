"""Files: bytes to documents and back. Nothing here knows what a layer is, and nothing a file says is ever run.

from pellucid.formats import Document, Entry, fill, group, keras_file, legacy_hdf5, opening, safetensors_file
"""

from . import keras_file, legacy_hdf5, opening, safetensors_file, weights_file
from .document import Document, Entry, fill, group, group_names, snake_case

__all__ = [
    "Document",
    "Entry",
    "fill",
    "group",
    "group_names",
    "keras_file",
    "legacy_hdf5",
    "opening",
    "safetensors_file",
    "snake_case",
    "weights_file",
]
