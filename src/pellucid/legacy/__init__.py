"""Models in Keras's older HDF5 files: their configs in today's form, their weights by order and by name."""

from .configs import modern_config
from .training import modern_training, old_moments, training_config
from .weights import by_name, by_order, document_layers, put_named

__all__ = [
    "by_name",
    "by_order",
    "document_layers",
    "modern_config",
    "modern_training",
    "old_moments",
    "put_named",
    "training_config",
]
