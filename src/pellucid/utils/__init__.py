"""Small helpers with Keras's names: labels to rows, files fetched once, data in folders, your own classes by name."""

import importlib
from typing import Any

from ..data.sequence import PyDataset, Sequence
from ..preprocessing.folders import image_dataset_from_directory, text_dataset_from_directory
from ..preprocessing.image.pictures import array_to_img, img_to_array, load_img, save_img
from ..preprocessing.sequence import pad_sequences
from ..preprocessing.timeseries import split_dataset, timeseries_dataset_from_array
from ..random import set_random_seed
from ..registry import custom_object_scope
from .custom import (
    CustomObjectScope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from .drawing import model_to_dot, plot_model
from .numerical import normalize, to_categorical
from .progbar import Progbar
from .steps import (
    clear_session,
    get_source_inputs,
    is_keras_tensor,
    pack_x_y_sample_weight,
    standardize_dtype,
    unpack_x_y_sample_weight,
)

__all__ = [
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_keras_tensor",
    "load_img",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]


def __getattr__(name: str) -> Any:
    """`get_file` comes when it is first asked for: what it needs is slow to import."""
    if name == "get_file":
        return importlib.import_module(".files", __name__).get_file
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
