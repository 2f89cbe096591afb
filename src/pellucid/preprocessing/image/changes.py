"""Single changes of a picture: by chance turned, shifted, sheared, zoomed, lighter or darker, coloured, mirrored."""

from typing import Any

import numpy as np

from ...arrays import Array
from ...errors import DataError
from .affine import apply_affine_transform


def random_rotation(
    x: Array,
    rg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Array:
    """The picture turned by up to rg degrees either way."""
    theta = np.random.uniform(-rg, rg)  # noqa: NPY002 - the generator that programs seed
    axes = (row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, theta, 0, 0, 0, 1, 1, *axes)


def random_shift(
    x: Array,
    wrg: float,
    hrg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Array:
    """The picture shifted by up to the share wrg of its width and hrg of its height."""
    ty = np.random.uniform(-hrg, hrg) * x.shape[row_axis]  # noqa: NPY002
    tx = np.random.uniform(-wrg, wrg) * x.shape[col_axis]  # noqa: NPY002
    axes = (row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, 0, tx, ty, 0, 1, 1, *axes)


def random_shear(
    x: Array,
    intensity: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Array:
    """The picture sheared by up to `intensity` degrees."""
    shear = np.random.uniform(-intensity, intensity)  # noqa: NPY002
    axes = (row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, 0, 0, 0, shear, 1, 1, *axes)


def random_zoom(
    x: Array,
    zoom_range: tuple[float, float],
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Array:
    """The picture zoomed by two factors from this range, one for rows and one for columns."""
    if len(zoom_range) != 2:
        raise ValueError(f"random_zoom: zoom_range must be two numbers, got {zoom_range!r}.")
    zx, zy = (1, 1) if tuple(zoom_range) == (1, 1) else np.random.uniform(*zoom_range, 2)  # noqa: NPY002
    axes = (row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return apply_affine_transform(x, 0, 0, 0, 0, zx, zy, *axes)


def apply_channel_shift(x: Array, intensity: float, channel_axis: int = 0) -> Array:
    """`intensity` added to every channel, within the values that the picture has."""
    return np.clip(x + np.asarray(intensity, x.dtype), x.min(), x.max())


def random_channel_shift(x: Array, intensity_range: float, channel_axis: int = 0) -> Array:
    """The same, with an intensity up to this either way."""
    return apply_channel_shift(x, np.random.uniform(-intensity_range, intensity_range), channel_axis)  # noqa: NPY002


def apply_brightness_shift(x: Array, brightness: float, scale: bool = True) -> Array:
    """The picture's values, as bytes, times `brightness`.

    scale   stretch the values over 0 to 255 before; without it only where they go beyond, and then back again
    """
    low, high = float(x.min()), float(x.max())
    beyond = low < 0 or high > 255
    picture = np.asarray(x, dtype=np.float32)
    if scale or beyond:
        picture = picture - low
        picture = picture / (picture.max() or 1) * 255
    lit = np.floor(np.clip(np.floor(picture) * np.float32(brightness), 0, 255))
    return lit / 255 * (high - low) + low if beyond and not scale else lit


def random_brightness(x: Array, brightness_range: Any, scale: bool = True) -> Array:
    """The same, with a brightness from this range."""
    if len(brightness_range) != 2:
        raise ValueError(f"random_brightness: brightness_range must be two numbers, got {brightness_range!r}.")
    return apply_brightness_shift(x, np.random.uniform(*brightness_range), scale)  # noqa: NPY002


def flip_axis(x: Array, axis: int) -> Array:
    """The picture mirrored along an axis."""
    if not -x.ndim <= axis < x.ndim:
        raise DataError(f"flip_axis: a picture with {x.ndim} axes has no axis {axis}.")
    return np.flip(x, axis)
