"""Small helpers with Keras's names: labels to rows, rows to unit length, files fetched once, one seed for all."""

from ..random import set_random_seed
from .files import get_file
from .numerical import normalize, to_categorical

__all__ = ["get_file", "normalize", "set_random_seed", "to_categorical"]
