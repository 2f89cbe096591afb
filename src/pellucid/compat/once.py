"""What other libraries had once and programs still import: scipy.misc's pictures, scikit-learn's older modules."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array
from ..preprocessing.image import array_to_img

_SCORES = {
    "log_loss": "neg_log_loss", "mean_squared_error": "neg_mean_squared_error",
    "mean_absolute_error": "neg_mean_absolute_error", "median_absolute_error": "neg_median_absolute_error",
}  # fmt: skip
_FILTERS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "cubic": 3}  # as PIL numbers them


def _stretched(array: Any) -> Array:
    """Numbers as bytes: uint8 as they are, others from the least to the greatest."""
    array = np.asarray(array)
    if array.dtype == np.uint8:
        return array
    low, high = float(array.min()), float(array.max())
    return ((array - low) * (255 / (high - low or 1)) + 0.4999).clip(0, 255).astype(np.uint8)


def toimage(arr: Any, **_: Any) -> Any:
    """A picture of PIL's, from the array of a grey or coloured one."""
    rows = _stretched(arr)
    if rows.ndim == 3 and rows.shape[0] in (3, 4) and rows.shape[2] not in (3, 4):
        rows = rows.transpose(1, 2, 0)
    return array_to_img(rows[..., None] if rows.ndim == 2 else rows, data_format="channels_last", scale=False)


def imsave(name: Any, arr: Any, format: str | None = None) -> None:
    """Write an array as a picture."""
    toimage(arr).save(name, format=format)


def imread(name: Any, flatten: bool = False, mode: str | None = None) -> Array:
    """A picture as an array, uint8; grey fractions with flatten=True."""
    from PIL import Image

    with Image.open(name) as picture:
        shown = picture.convert(mode or ("F" if flatten else picture.mode if picture.mode != "P" else "RGB"))
        return np.array(shown)


def imresize(arr: Any, size: Any, interp: str = "bilinear", mode: str | None = None) -> Array:
    """A picture in another size: a percentage, a factor, or (height, width)."""
    picture = toimage(arr)
    if isinstance(size, int | float):
        factor = size / 100 if isinstance(size, int) else size
        size = [round(n * factor) for n in picture.size[::-1]]
    return np.array(picture.resize((size[1], size[0]), resample=_FILTERS[interp]))


def imrotate(arr: Any, angle: float, interp: str = "bilinear") -> Array:
    """A picture turned against the clock by so many degrees."""
    return np.array(toimage(arr).rotate(angle, resample=_FILTERS[interp]))


def _grid(name: str) -> Callable[..., Any]:
    """A search of today's scikit-learn that takes the scores by their names of 2016."""

    def make(*args: Any, scoring: Any = None, **settings: Any) -> Any:
        made = getattr(importlib.import_module("sklearn.model_selection"), name)
        return made(*args, scoring=_SCORES.get(scoring, scoring) if isinstance(scoring, str) else scoring, **settings)

    return make


def KFold(n: int, n_folds: int = 3, shuffle: bool = False, random_state: Any = None) -> list[tuple[Array, Array]]:
    """Which of n rows are for learning and which for testing, n_folds times."""
    return _folds("KFold", np.zeros(n), n_folds, shuffle, random_state)


def StratifiedKFold(y: Any, n_folds: int = 3, shuffle: bool = False, random_state: Any = None) -> Any:
    """The same, each time with as many of every class."""
    return _folds("StratifiedKFold", y, n_folds, shuffle, random_state)


def _folds(name: str, y: Any, count: int, shuffle: bool, random_state: Any) -> list[tuple[Array, Array]]:
    way = getattr(importlib.import_module("sklearn.model_selection"), name)
    made = way(count, shuffle=shuffle, random_state=random_state if shuffle else None)
    return list(made.split(np.zeros(len(y)), y))


def _special(name: str) -> Callable[..., Any]:
    """A function that scipy.misc had, and scipy.special has."""
    return lambda *args, **settings: getattr(importlib.import_module("scipy.special"), name)(*args, **settings)


ONCE: dict[str, dict[str, Any]] = {
    "scipy.misc": {
        "imsave": imsave, "imread": imread, "imresize": imresize, "imrotate": imrotate, "toimage": toimage,
        **{name: _special(name) for name in ("logsumexp", "comb", "factorial")},
    },
    "sklearn.cross_validation": {"KFold": KFold, "StratifiedKFold": StratifiedKFold},
    "sklearn.grid_search": {name: _grid(name) for name in ("GridSearchCV", "RandomizedSearchCV")},
    "sklearn.learning_curve": {},
    "sklearn.externals.joblib": {},
}  # fmt: skip
"""The modules, and what was otherwise in them."""

NOW = {
    "sklearn.cross_validation": "sklearn.model_selection",
    "sklearn.grid_search": "sklearn.model_selection",
    "sklearn.learning_curve": "sklearn.model_selection",
    "sklearn.externals.joblib": "joblib",
}
"""Where all else of a module is now."""
