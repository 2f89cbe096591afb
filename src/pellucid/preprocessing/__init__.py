"""Data before training: sequences of one length, words as numbers, pictures that change by chance, files in folders."""

from . import image, sequence, text
from .dataset import Dataset
from .folders import image_dataset_from_directory, text_dataset_from_directory
from .timeseries import split_dataset, timeseries_dataset_from_array

__all__ = [
    "Dataset",
    "image",
    "image_dataset_from_directory",
    "sequence",
    "split_dataset",
    "text",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]
