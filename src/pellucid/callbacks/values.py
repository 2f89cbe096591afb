"""Metrics by name, which also answer to older names: acc for accuracy, lr for learning_rate, and the other way."""

from typing import Any

_PAIRS = (
    ("accuracy", "acc"), ("learning_rate", "lr"), ("mean_absolute_error", "mae"), ("mean_squared_error", "mse"),
    ("mean_absolute_percentage_error", "mape"), ("mean_squared_logarithmic_error", "msle"),
)  # fmt: skip
_ENDS = (*_PAIRS, *((short, long) for long, short in _PAIRS))


class Values(dict):
    """A dict in which "val_acc" finds "val_accuracy" when there is no "val_acc", and the other way round.

    >>> values = Values({"val_accuracy": 0.9})
    >>> values["val_acc"], values.get("acc", "none"), "val_acc" in values, list(values)
    (0.9, 'none', True, ['val_accuracy'])
    """

    def known_as(self, name: Any) -> Any:
        """The name under which it is here, or None."""
        if dict.__contains__(self, name) or not isinstance(name, str):
            return name if dict.__contains__(self, name) else None
        ends = next((ends for ends in _ENDS if name.endswith(ends[0])), None)
        if ends is None:
            return None
        other = name.removesuffix(ends[0]) + ends[1]
        return other if dict.__contains__(self, other) else None

    def __missing__(self, name: Any) -> Any:
        here = self.known_as(name)
        if here is None:
            raise KeyError(name)
        return dict.__getitem__(self, here)

    def __contains__(self, name: object) -> bool:
        return self.known_as(name) is not None

    def get(self, name: Any, default: Any = None) -> Any:
        here = self.known_as(name)
        return default if here is None else dict.__getitem__(self, here)
