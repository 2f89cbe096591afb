"""ImageDataGenerator: batches of pictures, each changed a little by chance every time it is seen."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...arrays import Array
from ...config import image_data_format
from ...errors import DataError, ShapeError, one_of
from .affine import apply_affine_transform
from .changes import apply_brightness_shift, apply_channel_shift
from .folder import DirectoryIterator
from .iterator import NumpyArrayIterator

_TINY = 1e-6


class ImageDataGenerator:
    """What happens to pictures on their way into training.

    Args:
        featurewise_center, featurewise_std_normalization: subtract the mean of the data, divide by its spread (`fit`).
        samplewise_center, samplewise_std_normalization: the same with each picture's own.
        zca_whitening, zca_epsilon: make neighbouring pixels independent (`fit`).
        rotation_range: degrees to turn, at most.
        width_shift_range, height_shift_range: below 1 a share of the picture, else pixels; or a list to choose from.
        brightness_range: two factors, the least and the most.
        shear_range: degrees.
        zoom_range: z for factors from 1 - z to 1 + z, or the two factors.
        channel_shift_range: how much is added to every channel, at most.
        fill_mode, cval: what lies beyond the edge: "nearest", "constant" (cval), "reflect", "wrap".
        horizontal_flip, vertical_flip: mirror every other picture.
        rescale: a factor, such as 1/255.
        preprocessing_function: applied to each picture after its changes.
        validation_split: the share of the data that subset="validation" means.
        interpolation_order: 1 mixes neighbouring pixels, 0 takes the nearest.

    >>> half = ImageDataGenerator(rescale=0.5)
    >>> x, y = half.flow(np.ones((4, 2, 2, 1)), np.arange(4), batch_size=3, shuffle=False)[0]
    >>> x.shape, float(x.max()), y
    ((3, 2, 2, 1), 0.5, array([0, 1, 2]))
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-06,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Any = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Array], Array] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ) -> None:
        order = data_format or image_data_format()
        self.data_format = one_of(order, ("channels_last", "channels_first"), "data_format")
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(
                f"ImageDataGenerator: validation_split must be above 0 and below 1, got {validation_split!r}."
            )
        if brightness_range is not None and np.size(brightness_range) != 2:
            raise ValueError(f"ImageDataGenerator: brightness_range must be two factors, got {brightness_range!r}.")
        self.featurewise_center = featurewise_center or featurewise_std_normalization or zca_whitening
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.featurewise_std_normalization = featurewise_std_normalization and not zca_whitening
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.rotation_range, self.shear_range = rotation_range, shear_range
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.brightness_range, self.channel_shift_range = brightness_range, channel_shift_range
        self.zoom_range = _zoom(zoom_range)
        self.fill_mode, self.cval, self.interpolation_order = fill_mode, cval, interpolation_order
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.dtype = dtype or "float32"
        first = self.data_format == "channels_first"
        self.channel_axis, self.row_axis, self.col_axis = (1, 2, 3) if first else (3, 1, 2)
        self._validation_split = validation_split
        self.mean: Any = None
        self.std: Any = None
        self.zca_whitening_matrix: Any = None

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> NumpyArrayIterator:
        """Batches, without end, of pictures (N, H, W, C) in memory: x, (x, y) or (x, y, weights).

        x may be a pair of the pictures and a list of other arrays that go along with them. Every picture is changed
        anew each time. With save_to_dir, what comes out is written there too.
        """
        return NumpyArrayIterator(
            x, y, self, batch_size, shuffle, sample_weight, seed, self.data_format, save_to_dir, save_prefix,
            save_format, subset, ignore_class_split, self.dtype,
        )  # fmt: skip

    def flow_from_directory(
        self,
        directory: Any,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: list[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryIterator:
        """Batches, without end, of pictures in a folder with one folder for each class.

        class_mode   "categorical" (rows with a one), "binary" (0 or 1), "sparse" (class numbers), "input" (the pictures
                     themselves), or None for pictures alone
        """
        return DirectoryIterator(
            directory, self, target_size, color_mode, classes, class_mode, batch_size, shuffle, seed, self.data_format,
            save_to_dir, save_prefix, save_format, follow_links, subset, interpolation, keep_aspect_ratio, self.dtype,
        )  # fmt: skip

    def standardize(self, x: Array) -> Array:
        """A picture after the function, the factor, and the means and spreads that were asked for."""
        if self.preprocessing_function is not None:
            x = self.preprocessing_function(x)
        if self.rescale:
            x = x * np.float32(self.rescale)
        if self.samplewise_center:
            x = x - x.mean(keepdims=True)
        if self.samplewise_std_normalization:
            x = x / (x.std(keepdims=True) + np.float32(_TINY))
        if self.featurewise_center and self._is_fitted(self.mean):
            x = x - self.mean
        if self.featurewise_std_normalization and self._is_fitted(self.std):
            x = x / (self.std + np.float32(_TINY))
        if self.zca_whitening and self._is_fitted(self.zca_whitening_matrix):
            x = (x.reshape(-1) @ self.zca_whitening_matrix).reshape(x.shape)
        return x

    def _is_fitted(self, value: Any) -> bool:
        if value is None:
            warnings.warn(
                "ImageDataGenerator: featurewise_center, featurewise_std_normalization and zca_whitening need the data "
                "first. Call .fit(pictures).",
                stacklevel=4,
            )
        return value is not None

    def get_random_transform(self, img_shape: tuple[int, ...], seed: Any = None) -> dict[str, Any]:
        """What will happen to one picture of this shape, drawn by chance, as `apply_transform` takes it."""
        draw = _draws(seed)
        rows, columns = img_shape[self.row_axis - 1], img_shape[self.col_axis - 1]
        theta = draw.uniform(-self.rotation_range, self.rotation_range) if self.rotation_range else 0
        ty = _shift(self.height_shift_range, rows, draw)
        tx = _shift(self.width_shift_range, columns, draw)
        shear = draw.uniform(-self.shear_range, self.shear_range) if self.shear_range else 0
        zx, zy = (1, 1) if tuple(self.zoom_range) == (1, 1) else draw.uniform(*self.zoom_range, 2)
        horizontal = bool(draw.random() < 0.5) and self.horizontal_flip
        vertical = bool(draw.random() < 0.5) and self.vertical_flip
        shift = draw.uniform(-self.channel_shift_range, self.channel_shift_range) if self.channel_shift_range else None
        brightness = None if self.brightness_range is None else draw.uniform(*self.brightness_range)
        return {
            "theta": theta, "tx": tx, "ty": ty, "shear": shear, "zx": zx, "zy": zy, "flip_horizontal": horizontal,
            "flip_vertical": vertical, "channel_shift_intensity": shift, "brightness": brightness,
        }  # fmt: skip

    def apply_transform(self, x: Array, transform_parameters: Mapping[str, Any]) -> Array:
        """A picture after these changes."""
        row, column, channel = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        told = transform_parameters
        names = (("theta", 0), ("tx", 0), ("ty", 0), ("shear", 0), ("zx", 1), ("zy", 1))
        x = apply_affine_transform(
            x,
            **{name: told.get(name, default) for name, default in names},
            row_axis=row,
            col_axis=column,
            channel_axis=channel,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if told.get("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, told["channel_shift_intensity"], channel)
        if told.get("flip_horizontal"):
            x = np.flip(x, column)
        if told.get("flip_vertical"):
            x = np.flip(x, row)
        if told.get("brightness") is not None:
            x = apply_brightness_shift(x, told["brightness"], False)
        return x

    def random_transform(self, x: Array, seed: Any = None) -> Array:
        """A picture changed by chance."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Take the mean, the spread and the whitening of these pictures, after `rescale`.

        augment   of changed pictures, `rounds` times each
        """
        x = np.array(x, dtype=self.dtype)
        if x.ndim != 4:
            raise ShapeError(f"ImageDataGenerator.fit: needs pictures (N, rows, columns, channels), got {x.shape}.")
        if self.rescale:
            x = x * np.asarray(self.rescale, x.dtype)
        draws = _draws(seed)
        if augment:
            x = np.stack([self.random_transform(picture, draws) for _ in range(rounds) for picture in x])
        over = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = x.mean(axis=over, keepdims=True)[0]
            x = x - self.mean
        if self.featurewise_std_normalization:
            self.std = x.std(axis=over, keepdims=True)[0]
            x = x / (self.std + np.float32(_TINY))
        if self.zca_whitening:
            self.zca_whitening_matrix = _whitening(x.reshape(len(x), -1), self.zca_epsilon)


def _whitening(rows: Array, epsilon: float) -> Array:
    """The matrix that makes the columns of these rows independent, and of spread one.

    Source: Bell & Sejnowski, "The independent components of natural scenes are edge filters" (1997), equation 11.
    """
    _, spread, directions = np.linalg.svd(rows / np.sqrt(np.float32(len(rows))), full_matrices=True)
    spread = np.concatenate([spread, np.zeros(directions.shape[0] - len(spread), spread.dtype)])
    return (directions.T / np.sqrt(spread**2 + np.float32(epsilon))) @ directions


def _zoom(zoom_range: Any) -> tuple[float, float]:
    """The two factors that zoom_range means."""
    if np.ndim(zoom_range) == 0 and not isinstance(zoom_range, str):
        return 1 - zoom_range, 1 + zoom_range
    if np.shape(zoom_range) != (2,):
        raise ValueError(f"ImageDataGenerator: zoom_range must be a number or two, got {zoom_range!r}.")
    return tuple(zoom_range)


def _shift(shift_range: Any, size: int, draw: Any) -> float:
    """Pixels to shift by: from a share, a number of pixels, or a list to choose from."""
    if np.ndim(shift_range):
        pixels = draw.choice(shift_range) * draw.choice([-1, 1])
    elif not shift_range:
        return 0
    elif isinstance(shift_range, int):
        pixels = draw.choice(shift_range) * draw.choice([-1, 1])
    else:
        pixels = draw.uniform(-shift_range, shift_range)
    return pixels * size if np.max(shift_range) < 1 else pixels


def _draws(seed: Any) -> Any:
    """Where chance comes from: a seed's own generator, or the one that programs seed."""
    if isinstance(seed, np.random.RandomState):
        return seed
    if seed is not None and not isinstance(seed, int | np.integer):
        raise DataError(f"seed must be a whole number, got {seed!r}.")
    return np.random if seed is None else np.random.RandomState(seed)
