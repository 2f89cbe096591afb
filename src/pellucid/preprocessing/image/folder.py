"""Batches of pictures from a folder with one folder for each class."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from ...arrays import Array, one_hot
from ...config import image_data_format
from ...errors import DataError, one_of
from .iterator import PictureIterator
from .pictures import INTERPOLATIONS, img_to_array, load_img

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff")
_CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}
_CLASS_MODES = ("categorical", "binary", "sparse", "input", None)


class DirectoryIterator(PictureIterator):
    """See ImageDataGenerator.flow_from_directory.

    classes         the class number of each picture
    class_indices   class number by folder name
    filenames       of the pictures, beginning with the class's folder
    samples         how many there are
    """

    def __init__(
        self,
        directory: Any,
        image_data_generator: Any,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: list[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = None,
    ) -> None:
        self.directory = Path(directory)
        self.image_data_generator = image_data_generator
        self.target_size = tuple(target_size)
        self.color_mode = one_of(color_mode, _CHANNELS, "flow_from_directory: color_mode")
        self.class_mode = one_of(class_mode, _CLASS_MODES, "flow_from_directory: class_mode")
        self.interpolation = one_of(interpolation, INTERPOLATIONS, "flow_from_directory: interpolation")
        self.keep_aspect_ratio, self.dtype = keep_aspect_ratio, dtype or "float32"
        self.data_format = data_format or image_data_format()
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format
        if not self.directory.is_dir():
            raise FileNotFoundError(f"flow_from_directory: there is no folder {directory}.")
        names = sorted(path.name for path in self.directory.iterdir() if path.is_dir()) if classes is None else classes
        missing = [name for name in names if not (self.directory / name).is_dir()]
        if missing:
            raise DataError(f"flow_from_directory: there is no folder {', '.join(missing)} in {directory}.")
        self.class_indices = {name: i for i, name in enumerate(names)}
        self.num_classes = len(names)
        share = _share(image_data_generator._validation_split, subset)
        files = {name: _kept(_pictures(self.directory / name, follow_links), share) for name in names}
        self.filepaths = [path for name in names for path in files[name]]
        self.filenames = [os.path.relpath(path, self.directory) for path in self.filepaths]
        self.classes = np.array([i for i, name in enumerate(names) for _ in files[name]], dtype="int32")
        self.samples = len(self.filepaths)
        channels = _CHANNELS[color_mode]
        first = self.data_format == "channels_first"
        self.image_shape = (channels, *self.target_size) if first else (*self.target_size, channels)
        if class_mode == "binary" and self.num_classes > 2:
            raise DataError(
                f"flow_from_directory: class_mode 'binary' is for two classes, there are {self.num_classes} folders: "
                f"{', '.join(names)}. Use 'categorical' or 'sparse'."
            )
        print(f"Found {self.samples} images belonging to {self.num_classes} classes.")
        super().__init__(self.samples, batch_size, shuffle, seed)

    @property
    def nb_sample(self) -> int:
        """Keras 1's name of `samples`."""
        return self.samples

    @property
    def nb_class(self) -> int:
        """Keras 1's name of `num_classes`."""
        return self.num_classes

    @property
    def labels(self) -> Array:
        """The class number of each picture."""
        return self.classes

    def batch_of(self, indices: Array, draws: Any) -> Any:
        pictures = np.stack([self.changed(self._load(self.filepaths[i]), draws) for i in indices])
        pictures = pictures.astype(self.dtype, copy=False)
        self.keep(pictures, indices)
        labels = self.classes[indices]
        if self.class_mode is None:
            return pictures
        if self.class_mode == "input":
            return pictures, pictures.copy()
        if self.class_mode == "categorical":
            return pictures, one_hot(labels, self.num_classes, self.dtype)
        return pictures, labels.astype(self.dtype)

    def _load(self, path: str) -> Array:
        image = load_img(path, self.color_mode, self.target_size, self.interpolation, self.keep_aspect_ratio)
        return img_to_array(image, self.data_format, self.dtype)


def _pictures(folder: Path, follow_links: bool) -> list[str]:
    """The picture files below a folder, in order."""
    found = []
    for root, _, files in sorted(os.walk(folder, followlinks=follow_links)):
        found += [os.path.join(root, name) for name in sorted(files) if name.lower().endswith(_SUFFIXES)]
    return found


def _share(validation_split: float, subset: str | None) -> tuple[float, float]:
    """From which share of each class's files to which."""
    if subset is None:
        return 0, 1
    one_of(subset, ("training", "validation"), "flow_from_directory: subset")
    return (0, validation_split) if subset == "validation" else (validation_split, 1)


def _kept(files: list[str], share: tuple[float, float]) -> list[str]:
    return files[int(share[0] * len(files)) : int(share[1] * len(files))]
