"""Monitor: what the callbacks share that watch one metric and act when it gets better, or does not."""

import difflib
import math
import warnings
from typing import Any

from .callback import Callback, Logs

_FALLS = ("loss", "error", "crossentropy", "entropy", "hinge", "divergence", "poisson", "logcosh", "perplexity")
_FALLS_SHORT = ("mse", "mae", "mape", "msle", "rmse", "bce", "kld", "ce")
_RISES = ("accuracy", "precision", "recall", "score", "similarity", "correlation", "sensitivity", "specificity")
_RISES_SHORT = ("acc", "auc", "f1", "r2", "iou", "dice", "psnr", "ssim")


class Monitor(Callback):
    """Base of the callbacks that watch a metric.

    Args:
        monitor: the metric's name in the logs, such as "val_loss".
        mode: "min" when it should fall, "max" when it should rise, "auto" to go by its name.
        min_delta: a smaller change is no improvement (in units of the metric).
        best: the value to beat at first; None for none.
    """

    def __init__(self, monitor: str, mode: str = "auto", min_delta: float = 0.0, best: float | None = None) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(f"{type(self).__name__} mode {mode!r} is unknown, fallback to auto mode.", stacklevel=3)
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.min_delta = abs(min_delta)
        self.best = best

    def is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether value beats the reference by more than min_delta. NaN beats nothing; everything else beats None."""
        if math.isnan(value):
            return False
        if reference is None or math.isnan(reference):
            return True
        if self._direction() == "max":
            return value - self.min_delta > reference
        return value + self.min_delta < reference

    def watched(self, logs: Logs) -> float | None:
        """The metric's value in the logs; None where they do not have it.

        Raises ValueError, naming those that there are, where no metric can be meant.
        """
        value = finite_or_none(logs.get(self.monitor))
        if value is None and self._known_direction() is None and self.monitor.removeprefix("val_") not in logs:
            near = difflib.get_close_matches(self.monitor, logs, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(
                f"{type(self).__name__}: no metric is called {self.monitor!r}; there are {', '.join(logs)}.{hint}"
            )
        return value

    def _known_direction(self) -> str | None:
        if self.mode != "auto":
            return self.mode
        name = self.monitor.removeprefix("val_")
        classes = [type(m).__name__ for m in getattr(self.model, "metrics", ()) if getattr(m, "name", None) == name]
        return next((found for known_as in (*classes, name) if (found := better(known_as)) is not None), None)

    def _direction(self) -> str:
        if (known := self._known_direction()) is not None:
            return known
        raise ValueError(
            f"{type(self).__name__}: cannot tell from its name whether {self.monitor!r} should rise or fall. "
            "Pass mode='max' or mode='min'."
        )


def better(name: str) -> str | None:
    """Which values of a metric are better, by its name: "max", "min", or None when the name does not say.

    >>> better("categorical_accuracy"), better("loss"), better("weirdness")
    ('max', 'min', None)
    """
    name = name.lower()
    words = name.split("_")
    compact = name.replace("_", "")
    if any(word in compact for word in _FALLS) or any(word in words for word in _FALLS_SHORT):
        return "min"
    if any(word in compact for word in _RISES) or any(word in words for word in _RISES_SHORT):
        return "max"
    return "max" if compact.endswith("iou") else None


def finite_or_none(value: Any) -> float | None:
    """A logged value as a float; None where there is none or it is no single number."""
    if value is None or getattr(value, "ndim", 0) > 0:
        return None
    return float(value)
