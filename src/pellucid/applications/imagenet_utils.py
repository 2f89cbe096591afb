"""What networks trained on ImageNet expect of an image, and what their 1,000 outputs mean.

"caffe"   blue, green, red; less the mean of each            VGG, ResNet50
"tf"      from -1 to 1
"torch"   from 0 to 1, less the mean, over the deviation of each channel
"""

import json
from typing import Any

import numpy as np

from ..arrays import Array, namespace
from ..config import floatx
from ..errors import FormatError, ShapeError, one_of
from ..layers import Rescaling
from ..layers.symbolic import KerasTensor
from ..utils.files import get_file

_MEAN_BGR = (103.939, 116.779, 123.68)
_MEAN_RGB, _DEVIATION_RGB = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_NAMES = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"
_NAMES_MD5 = "c2c37ea517e94d9795004a39431a14cb"


def preprocess_input(x: Array, data_format: str | None = None, mode: str = "caffe") -> Array:
    """Pixels from 0 to 255, red, green, blue, as the network was trained on; x itself stays as it is.

    x            (..., 3), or (3, H, W) and (N, 3, H, W) with data_format="channels_first"
    mode         "caffe", "tf" or "torch", as above

    >>> preprocess_input(np.array([[[255, 0, 0]]]))
    array([[[-103.939, -116.779,  131.32 ]]], dtype=float32)
    """
    one_of(mode, ("caffe", "tf", "torch"), "mode")
    one_of(data_format, (None, "channels_last", "channels_first"), "data_format")
    if isinstance(x, KerasTensor):
        return _prepared_in_the_network(x, mode)
    xp = namespace(x)
    if not xp.isdtype(x.dtype, "real floating"):
        x = x.astype(floatx())
    if mode == "tf":
        return x / 127.5 - 1.0
    first = data_format == "channels_first"
    axis = x.ndim - 3 if first else x.ndim - 1
    if x.ndim not in (3, 4) or x.shape[axis] != 3:
        raise ShapeError(f"preprocess_input: needs images of 3 channels, (H, W, 3) or (N, H, W, 3), got {x.shape}.")

    def by_channel(values: tuple[float, ...]) -> Array:
        return xp.asarray(values, dtype=x.dtype).reshape((3, 1, 1) if first else (3,))

    if mode == "torch":
        return (x / 255.0 - by_channel(_MEAN_RGB)) / by_channel(_DEVIATION_RGB)
    return xp.flip(x, axis=axis) - by_channel(_MEAN_BGR)


def _prepared_in_the_network(x: KerasTensor, mode: str) -> KerasTensor:
    """The same as layers, channels last: for a model that prepares its images itself."""
    if mode == "tf":
        return Rescaling(1 / 127.5, offset=-1.0)(x)
    if mode == "torch":
        pairs = list(zip(_MEAN_RGB, _DEVIATION_RGB, strict=True))
        return Rescaling([1 / (255 * d) for _, d in pairs], offset=[-m / d for m, d in pairs])(x)
    return Rescaling(1.0, offset=[-mean for mean in _MEAN_BGR])(x[..., ::-1])  # type: ignore[index]  # see layers/operators.py


def decode_predictions(preds: Array, top: int = 5) -> list[list[tuple[str, str, Any]]]:
    """The likeliest classes of each image: (WordNet number, name, share), the likeliest first.

    preds        (N, 1000)

    The names are fetched once and kept in Keras's folder. Raises ShapeError for predictions of another shape, OSError
    when there is no network, telling where to put the file by hand.
    """
    shares = np.asarray(preds)
    if shares.ndim != 2 or shares.shape[1] != 1000:
        raise ShapeError(f"decode_predictions: needs the shares of ImageNet's classes, (N, 1000), got {shares.shape}.")
    names = _class_names()
    best = np.argsort(-shares, axis=1, kind="stable")[:, :top]
    return [[(*names[i], row[i]) for i in places] for row, places in zip(shares, best, strict=True)]


def _class_names() -> list[tuple[str, str]]:
    """WordNet number and name of each class."""
    path = get_file("imagenet_class_index.json", _NAMES, cache_subdir="models", file_hash=_NAMES_MD5)
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    try:
        return [(str(number), str(name)) for number, name in (found[str(i)] for i in range(1000))]
    except (KeyError, TypeError, ValueError):
        raise FormatError(path, "it does not name ImageNet's 1,000 classes.") from None
