"""Loss functions that may be called on symbolic values, where they become a layer, under all their names since 2015."""

from typing import Any

from ... import losses
from ...backend.symbols import on_symbols
from ...config import as_result
from ...losses import LossFunction
from ..table import words


class OnSymbols(LossFunction):
    """A loss function that knows symbolic values: mse(Input((3,)), model.output)."""

    def __init__(self, found: LossFunction) -> None:
        self.__dict__.update(vars(found))
        self._call = on_symbols(found)

    def __call__(self, y_true: Any, y_pred: Any, *args: Any, **settings: Any) -> Any:
        return as_result(self._call(y_true, y_pred, *args, **settings))


_SHORT = words(
    "mse MSE mae MAE mape MAPE msle MSLE kld KLD kl_divergence kullback_leibler_divergence bce BCE logcosh log_cosh"
)
_PLAIN = {name: getattr(losses, name, None) or losses.get(name) for name in (*losses.__all__, *_SHORT)}
_ONE_EACH = {found: OnSymbols(found) for found in _PLAIN.values() if isinstance(found, LossFunction)}
_FUNCTIONS = {name: _ONE_EACH[found] for name, found in _PLAIN.items() if isinstance(found, LossFunction)}
globals().update(_FUNCTIONS)
cosine_proximity = cosine = _FUNCTIONS["cosine_similarity"]

__all__ = sorted({"cosine", "cosine_proximity", *_FUNCTIONS})
