"""Datasets from folders: one folder for each class, with pictures or texts inside."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array, one_hot
from ..config import image_data_format
from ..errors import DataError, one_of, pair
from .dataset import Dataset
from .image.pictures import img_to_array, load_img, pillow

_PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_BY_PILLOW = {
    "bicubic": "BICUBIC",
    "lanczos3": "LANCZOS",
    "lanczos5": "LANCZOS",
    "area": "BOX",
    "gaussian": "HAMMING",
    "mitchellcubic": "BICUBIC",
}
_COLORS = ("rgb", "rgba", "grayscale")
_LABEL_MODES = ("int", "binary", "categorical", None)
_SUBSETS = ("training", "validation", "both", None)


class Folder(Dataset):
    """Batches from files: (x, y), or x alone.

    class_names   the folders, in the order of their numbers
    file_paths    of all files
    """

    def __init__(self, batches: Dataset, class_names: list[str], file_paths: list[str]) -> None:
        super().__init__(batches._walk, batches._length)
        self.class_names, self.file_paths = class_names, file_paths


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of pictures (N, H, W, C) float32, values 0 to 255, with the number of each one's folder.

    labels       "inferred" from the folders, None for pictures alone, or a list in the order of the sorted paths
    label_mode   "int", "categorical" (rows with a one), "binary" (0 or 1 in a column) or None
    subset       with validation_split: "training", "validation" (the last files after shuffling with `seed`), or "both"
    """
    one_of(color_mode, _COLORS, "image_dataset_from_directory: color_mode")
    one_of(interpolation, ("bilinear", "nearest", *_BY_PILLOW), "image_dataset_from_directory: interpolation")
    size = pair(image_size, "image_dataset_from_directory: image_size")

    def read(path: str) -> Array:
        picture = img_to_array(load_img(path, color_mode), "channels_last")
        if crop_to_aspect_ratio:
            picture = _cropped(picture, size)
        picture = _fitted(picture, size, interpolation) if pad_to_aspect_ratio else resize(picture, size, interpolation)
        return picture.transpose(2, 0, 1) if (data_format or image_data_format()) == "channels_first" else picture

    return _from_folder(
        directory, _PICTURES, read, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
        subset, follow_links, verbose,
    )  # fmt: skip


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of texts from .txt files, with the number of each one's folder; see image_dataset_from_directory.

    max_length   characters of a text that are kept
    """

    def read(path: str) -> str:
        return Path(path).read_text(encoding="utf-8", errors="replace")[:max_length]

    return _from_folder(
        directory, (".txt",), read, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split,
        subset, follow_links, verbose,
    )  # fmt: skip


def _from_folder(
    directory: Any,
    suffixes: tuple[str, ...],
    read: Callable[[str], Any],
    labels: Any,
    label_mode: str | None,
    class_names: Sequence[str] | None,
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
    validation_split: float | None,
    subset: str | None,
    follow_links: bool,
    verbose: bool,
) -> Any:
    one_of(label_mode, _LABEL_MODES, "label_mode")
    one_of(subset, _SUBSETS, "subset")
    if (validation_split is None) != (subset is None):
        raise ValueError(f"validation_split and subset go together, got {validation_split!r} and {subset!r}.")
    if validation_split is not None and not 0 < validation_split < 1:
        raise ValueError(f"validation_split must be above 0 and below 1, got {validation_split!r}.")
    if subset and shuffle and seed is None:
        raise ValueError("a seed is needed with shuffle and subset, so that training and validation do not overlap.")
    if not Path(directory).is_dir():
        raise FileNotFoundError(f"there is no folder {directory}.")
    if label_mode is None:
        labels = None
    paths, numbers, names = _index(Path(directory), suffixes, labels, class_names, follow_links)
    if verbose:
        found = f" belonging to {len(names)} classes" if numbers is not None else ""
        print(f"Found {len(paths)} files{found}.")
    if label_mode in ("binary", "categorical") and numbers is not None and not set(numbers) <= set(range(len(names))):
        raise DataError(
            f"label_mode {label_mode!r} needs labels from 0 to {len(names) - 1}, one for each class, got "
            f"{', '.join(names)}."
        )
    if label_mode == "binary" and len(names) != 2:
        raise DataError(f"label_mode 'binary' is for two classes, but there are {len(names)}: {', '.join(names)}.")
    if not paths:
        raise DataError(f"no files with the endings {', '.join(suffixes)} in {directory}.")
    if shuffle:
        seed = int(np.random.randint(1_000_000)) if seed is None else seed  # noqa: NPY002
        order = np.arange(len(paths))
        np.random.RandomState(seed).shuffle(order)
        paths = [paths[i] for i in order]
        numbers = None if numbers is None else numbers[order]

    def dataset(part: slice, told: str) -> Folder:
        if verbose and told:
            print(f"Using {len(paths[part])} files for {told}.")
        files = paths[part]
        elements: Dataset = Dataset(lambda: map(read, files), len(files))
        if numbers is not None:
            marks = _labelled(numbers[part], label_mode, len(names))
            pairs = list(zip(files, marks, strict=True))
            again = Dataset(lambda: iter(pairs), len(pairs))
            if shuffle and told != "validation":
                again = again.shuffle(len(pairs), seed)
            elements = again.map(lambda path, mark: (read(path), mark))
        return Folder(elements if batch_size is None else elements.batch(batch_size), names, files)

    if subset is None:
        return dataset(slice(None), "")
    assert validation_split is not None  # checked above
    cut = len(paths) - int(validation_split * len(paths))
    parts = {"training": slice(0, cut), "validation": slice(cut, None)}
    if not 0 < cut < len(paths):
        raise DataError(
            f"validation_split={validation_split!r} of {len(paths)} files leaves {cut} for training and "
            f"{len(paths) - cut} for validation; both need at least one."
        )
    if subset == "both":
        return tuple(dataset(part, told) for told, part in parts.items())
    return dataset(parts[subset], subset)


def _index(
    folder: Path, suffixes: tuple[str, ...], labels: Any, class_names: Sequence[str] | None, follow_links: bool
) -> tuple[list[str], Array | None, list[str]]:
    """The files, the class number of each, and the names of the classes."""

    def below(place: Path) -> list[str]:
        found = []
        for root, _, files in sorted(os.walk(place, followlinks=follow_links)):
            found += [os.path.join(root, name) for name in sorted(files) if name.lower().endswith(suffixes)]
        return found

    if not isinstance(labels, str):
        paths = sorted(below(folder))
        if labels is None:
            return paths, None, []
        if len(labels) != len(paths):
            raise DataError(f"there are {len(paths)} files, but {len(labels)} labels.")
        numbers = np.asarray(labels)
        if numbers.dtype.kind not in "iu":
            raise DataError(f"labels must be whole numbers, one for each file, got {labels[0]!r}.")
        return paths, numbers, [str(label) for label in sorted(set(numbers.tolist()))]
    one_of(labels, ("inferred",), "labels")
    there = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    names = list(class_names) if class_names is not None else there
    if set(names) != set(there):
        raise DataError(f"class_names must be the folders there are, {there}, got {names}.")
    files = [below(folder / name) for name in names]
    numbers = np.repeat(np.arange(len(names), dtype="int32"), [len(part) for part in files])
    return [path for part in files for path in part], numbers, names


def _labelled(numbers: Array, label_mode: str | None, classes: int) -> Array:
    """Class numbers in the form that label_mode says."""
    if label_mode == "categorical":
        return one_hot(numbers, classes, "float32")
    return numbers.astype("float32")[:, None] if label_mode == "binary" else numbers


def resize(picture: Array, size: tuple[int, int], interpolation: str = "bilinear") -> Array:
    """A picture (H, W, C) at another size, as TensorFlow resizes: no smoothing before it is made smaller."""
    if picture.shape[:2] == size:
        return picture
    if interpolation in ("bilinear", "nearest"):
        for axis in (0, 1):
            picture = _resize_axis(picture, axis, size[axis], interpolation)
        return picture
    resample = getattr(pillow().Resampling, _BY_PILLOW[interpolation])
    layers = [pillow().fromarray(picture[..., c]).resize(size[::-1], resample) for c in range(picture.shape[2])]
    return np.stack([np.asarray(layer) for layer in layers], axis=-1)


def _resize_axis(picture: Array, axis: int, size: int, interpolation: str) -> Array:
    old = picture.shape[axis]
    where = (np.arange(size, dtype=np.float32) + np.float32(0.5)) * np.float32(old / size)
    if interpolation == "nearest":
        return np.take(picture, np.minimum(where.astype(int), old - 1), axis)
    where = np.clip(where - np.float32(0.5), 0, old - 1)
    low = np.floor(where).astype(int)
    share = (where - low).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1)).astype(picture.dtype)
    lower, upper = np.take(picture, low, axis), np.take(picture, np.minimum(low + 1, old - 1), axis)
    return lower + (upper - lower) * share


def _cropped(picture: Array, size: tuple[int, int]) -> Array:
    """The middle of a picture, in the shape of size."""
    rows, columns = picture.shape[:2]
    kept = min(rows, int(columns * size[0] / size[1])), min(columns, int(rows * size[1] / size[0]))
    top, left = (rows - kept[0]) // 2, (columns - kept[1]) // 2
    return picture[top : top + kept[0], left : left + kept[1]]


def _fitted(picture: Array, size: tuple[int, int], interpolation: str) -> Array:
    """A whole picture as large as it fits into size, in the middle, with black beside it."""
    rows, columns = picture.shape[:2]
    ratio = max(rows / size[0], columns / size[1])
    inner = resize(picture, (max(1, int(rows / ratio)), max(1, int(columns / ratio))), interpolation)
    before = [(size[i] - inner.shape[i]) // 2 for i in (0, 1)]
    after = [size[i] - inner.shape[i] - before[i] for i in (0, 1)]
    return np.pad(inner, [*zip(before, after, strict=True), (0, 0)])
