"""Helpers of older Kerases."""

from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from ...arrays import Array
from ...layers import deserialize
from ...preprocessing import image_dataset_from_directory
from ...summary import print_summary
from ...utils import get_custom_objects, plot_model

__all__ = [
    "HDF5Matrix",
    "convert_all_kernels_in_model",
    "image_dataset_from_directory",
    "layer_from_config",
    "multi_gpu_model",
    "plot",
    "print_summary",
    "probas_to_classes",
]

_GLOBAL_CUSTOM_OBJECTS = get_custom_objects()


def multi_gpu_model(model: Any, gpus: Any = None, **_: Any) -> Any:
    """The model itself: how many devices share the work is the engine's matter."""
    return model


def layer_from_config(config: Any, custom_objects: Any = None) -> Any:
    """A new layer, of {"class_name": …, "config": layer.get_config()} (Keras 1)."""
    return deserialize(config, custom_objects)


def plot(model: Any, to_file: str = "model.png", **settings: Any) -> Any:
    """Keras 1's name of plot_model."""
    return plot_model(model, to_file, **settings)


def probas_to_classes(y_pred: Any) -> Array:
    """The most probable class of each row, or whether one probability is above a half."""
    y_pred = np.asarray(y_pred)
    return y_pred.argmax(axis=1) if y_pred.ndim > 1 and y_pred.shape[1] > 1 else (y_pred.ravel() > 0.5).astype(int)


def convert_all_kernels_in_model(model: Any) -> None:
    """Accepted, and without effect: kernels here are as TensorFlow has them."""


class HDF5Matrix:
    """Rows of a dataset in an HDF5 file, read when they are asked for."""

    def __init__(
        self,
        datapath: Any,
        dataset: str,
        start: int = 0,
        end: int | None = None,
        normalizer: Callable[[Array], Array] | None = None,
    ) -> None:
        self.data = h5py.File(datapath, "r")[dataset]
        self.start, self.end = start, self.data.shape[0] if end is None else end
        self.normalizer = normalizer

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, key: Any) -> Array:
        rows = np.arange(self.start, self.end)[key]
        found = self.data[rows] if np.ndim(rows) == 0 else self.data[np.sort(rows)][np.argsort(np.argsort(rows))]
        return found if self.normalizer is None else self.normalizer(found)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self), *self.data.shape[1:])

    @property
    def dtype(self) -> Any:
        return self.data.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[:], dtype=dtype)
