"""Pictures as arrays, and arrays as picture files. Needs Pillow, the extra `images`."""

import io
import os
from typing import Any

import numpy as np

from ...arrays import Array
from ...config import image_data_format
from ...errors import DataError, one_of

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff", ".gif")
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}


def pillow() -> Any:
    """The package PIL; without it, an ImportError that says how to get it."""
    try:
        import PIL.Image
    except ImportError:
        raise ImportError("pictures need Pillow. Install it: pip install 'pellucid[images]'") from None
    return PIL.Image


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: Any = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
    *,
    grayscale: bool = False,
) -> Any:
    """A picture from a file, as a Pillow image.

    path                a file's path, an open file, or its bytes in an io.BytesIO
    color_mode          "rgb", "rgba" or "grayscale"
    target_size         (rows, columns) that it is brought to; None leaves its size
    interpolation       "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos"
    keep_aspect_ratio   cut the longer side to the shape of target_size before
    grayscale           the old way to say color_mode="grayscale"
    """
    mode = _MODES[one_of("grayscale" if grayscale else color_mode, _MODES, "load_img: color_mode")]
    one_of(interpolation, INTERPOLATIONS, "load_img: interpolation")
    opened = pillow().open(path if isinstance(path, io.IOBase) else os.fspath(path))
    opened.load()
    is_grey = mode == "L" and opened.mode in ("L", "I;16", "I")
    image = opened if is_grey or opened.mode == mode else opened.convert(mode)
    if target_size is None:
        return image
    rows, columns = (target_size, target_size) if isinstance(target_size, int) else target_size
    if image.size == (columns, rows):
        return image
    resample = getattr(pillow().Resampling, interpolation.upper())
    box = _middle(image.size, columns / rows) if keep_aspect_ratio else None
    return image.resize((columns, rows), resample, box=box)


def _middle(size: tuple[int, int], ratio: float) -> tuple[int, int, int, int]:
    """The largest box of this ratio (width to height) in the middle of a picture."""
    width, height = size
    kept_width, kept_height = min(width, int(height * ratio)), min(height, int(width / ratio))
    left, top = (width - kept_width) // 2, (height - kept_height) // 2
    return left, top, left + kept_width, top + kept_height


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> Array:
    """A picture as an array (H, W, C), float32 unless dtype says otherwise; channels_first gives (C, H, W).

    >>> img_to_array(np.zeros((2, 3))).shape
    (2, 3, 1)
    """
    data_format = data_format or image_data_format()
    array = np.asarray(img, dtype=dtype or "float32")
    if array.ndim == 2:
        array = array[..., None]
    elif array.ndim != 3:
        raise DataError(f"img_to_array: a picture has two or three axes, got shape {array.shape}.")
    elif data_format == "channels_first":
        return array.transpose(2, 0, 1)
    return array.transpose(2, 0, 1) if data_format == "channels_first" else array


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Any:
    """An array (H, W, C), with C of 1, 3 or 4, as a Pillow image.

    scale   stretch the values over 0 to 255; otherwise they are taken as they are
    """
    array = np.asarray(x, dtype=dtype or "float32")
    if array.ndim != 3:
        raise DataError(f"array_to_img: needs an array (rows, columns, channels), got shape {array.shape}.")
    if (data_format or image_data_format()) == "channels_first":
        array = array.transpose(1, 2, 0)
    if scale:
        array = array - array.min()
        array = array / (array.max() or 1) * 255
    channels = array.shape[2]
    if channels not in (1, 3, 4):
        raise DataError(f"array_to_img: a picture has 1, 3 or 4 channels, got {channels} (shape {array.shape}).")
    if channels > 1:
        return pillow().fromarray(array.astype(np.uint8))
    kind = np.int32 if array.max() > 255 else np.uint8
    return pillow().fromarray(array[..., 0].astype(kind))


def save_img(
    path: Any, x: Any, data_format: str | None = None, file_format: str | None = None, scale: bool = True, **kwargs: Any
) -> None:
    """Write an array (H, W, C) as a picture; the file's ending (or file_format) says of which kind."""
    image = array_to_img(x, data_format, scale)
    kind = (file_format or os.path.splitext(os.fspath(path))[1].lstrip(".") or "png").lower()
    if image.mode == "RGBA" and kind in ("jpg", "jpeg"):
        image = image.convert("RGB")
    image.save(path, format="jpeg" if file_format in ("jpg", "JPG") else file_format, **kwargs)


def smart_resize(x: Any, size: tuple[int, int], interpolation: str = "bilinear", data_format: str | None = None) -> Any:
    """A picture (H, W, C) brought to `size` (rows, columns) without distortion: the longer side is cut first."""
    one_of(interpolation, INTERPOLATIONS, "smart_resize: interpolation")
    rows, columns = size
    resample = getattr(pillow().Resampling, interpolation.upper())
    array = img_to_array(x, "channels_last")
    box = _middle((array.shape[1], array.shape[0]), columns / rows)
    layers = [
        pillow().fromarray(array[..., c]).resize((columns, rows), resample, box=box) for c in range(array.shape[2])
    ]
    return np.stack([np.asarray(layer) for layer in layers], axis=-1)
