"""Loss: a loss formula with its settings, its reduction to one cost, and the way back.

    cost, cache = loss.forward(y_true, y_pred, sample_weight, mask)
    dy_pred     = loss.backward(cache)

The mean over the batch is taken here, once; no layer divides by N again.
"""

import re
from collections.abc import Callable
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from ..arrays import Array, namespace
from ..automatic import untouched, vjp
from ..config import as_result, floatx
from .formula import LossFunction, registry, same_rank
from .reduction import check_reduction, reduce

LossClass = TypeVar("LossClass", bound="type[FormulaLoss]")


class Loss:
    """Base of all losses. A subclass of your own writes `call`; its gradient is then found (automatic/).

    name         shown in the training log; the class's own name in snake_case by default
    reduction    "sum_over_batch_size" (the mean of all values), "mean", "mean_with_sample_weight", "sum" or None
    dtype        float type to compute in; by default that of the predictions, at least float32

    >>> import numpy as np
    >>> class Cubic(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return abs((y_pred - y_true) ** 3).mean(axis=-1)
    >>> float(Cubic()(np.zeros((2, 1)), np.array([[1.0], [2.0]])))
    4.5
    """

    takes_targets_raw: ClassVar[bool] = False  # True: `call` turns targets into what it needs, whole numbers say

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: str | None = None
    ) -> None:
        self.name = name or _snake_case(type(self).__name__)
        self.reduction = check_reduction(reduction)
        self.dtype = None if dtype is None else np.dtype(dtype).name

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """The loss of each sample, shaped (N,) or (N, ...inner places)."""
        raise NotImplementedError(f"{type(self).__name__}: write call(y_true, y_pred), the loss of each sample.")

    def call_backward(self, y_true: Array, y_pred: Array, dl: Array) -> Array:
        """dL/dy_pred from dl = dL/d(what `call` returned); found by itself unless a subclass writes it."""
        (dy_pred,) = vjp(
            lambda prediction: self.call(untouched(y_true), prediction),
            (y_pred,),
            dl,
            owner=f"loss {self.name!r}",
            remedy="write call_backward(y_true, y_pred, dl) in a subclass of Loss",
        )
        return dy_pred

    def mask_of(self, y_true: Array, y_pred: Array, values: Array) -> Array | None:
        """Which values count, where the loss itself leaves some out; None when all do."""
        return None

    def forward(
        self, y_true: Array, y_pred: Array, sample_weight: Any = None, mask: Any = None
    ) -> tuple[Array, tuple[Any, ...]]:
        """The cost, and what `backward` needs.

        y_true         targets
        y_pred         (N, ...)      predictions
        sample_weight  (N,), or shaped like the losses
        mask           shaped like the losses; false where a value does not count
        """
        if not hasattr(y_pred, "__array_namespace__"):
            y_pred = np.asarray(y_pred, dtype=floatx())
        given = y_pred.dtype
        if self.dtype or given.kind != "f" or given.itemsize < 4:
            y_pred = y_pred.astype(self.dtype or floatx())
        xp = namespace(y_pred)
        if not self.takes_targets_raw:
            y_true = xp.asarray(y_true, dtype=y_pred.dtype)

        values = xp.asarray(self.call(untouched(y_true), untouched(y_pred)))
        own = self.mask_of(y_true, y_pred, values)
        if own is not None:
            mask = own if mask is None else xp.asarray(mask, dtype=bool) & own
        cost, dl = reduce(values, xp, self.reduction, sample_weight, mask)
        return cost, (y_true, y_pred, dl, given)

    def backward(self, cache: tuple[Any, ...]) -> Array:
        """dcost/dy_pred, shaped and typed like the predictions (for reduction None: of the sum of all)."""
        y_true, y_pred, dl, given = cache
        dy_pred = self.call_backward(y_true, y_pred, dl)
        return dy_pred if given == dy_pred.dtype or given.kind in "biu" else dy_pred.astype(given)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Array:
        return as_result(self.forward(y_true, y_pred, sample_weight)[0])

    def from_logits_form(self, activation_name: str) -> "Loss | None":
        """The equal loss over the weighted sums before an activation, where one formula does both; else None."""
        return None

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        return cls(**config)

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({settings})"


class FormulaLoss(Loss):
    """A loss that carries one of our formulas, with both directions written out.

    Settings given by keyword become attributes and are what the formula is called with.
    """

    takes_targets_raw = True
    function: ClassVar[LossFunction]
    logits_of: ClassVar[str | None] = None  # the activation that `from_logits=True` includes

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(name or self.function.__name__, reduction, dtype)
        self._names = tuple(settings)
        for setting, value in settings.items():
            setattr(self, setting, value)

    @property
    def settings(self) -> dict[str, Any]:
        """What the formula is called with."""
        return {name: getattr(self, name) for name in self._names}

    def call(self, y_true: Array, y_pred: Array) -> Array:
        return self.function(y_true, y_pred, **self.settings)

    def call_backward(self, y_true: Array, y_pred: Array, dl: Array) -> Array:
        if type(self).call is not FormulaLoss.call:  # a subclass computes something else: our rule does not hold
            return super().call_backward(y_true, y_pred, dl)
        return self.function.backward(y_true, y_pred, dl, **self.settings)

    def from_logits_form(self, activation_name: str) -> Loss | None:
        settings = self.settings
        if self.logits_of is None or activation_name != self.logits_of or settings["from_logits"]:
            return None
        if activation_name == "softmax" and settings.get("axis", -1) != -1:
            return None
        return type(self)(**{**self.get_config(), "from_logits": True, "dtype": self.dtype})

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.settings}


class FunctionLoss(Loss):
    """A loss around a function of your own, f(y_true, y_pred) -> one loss per sample; its gradient is found.

    >>> import numpy as np
    >>> def distance(y_true, y_pred): return abs(y_true - y_pred).sum(axis=-1)
    >>> loss = FunctionLoss(distance)
    >>> loss.name, float(loss(np.zeros((2, 2)), np.ones((2, 2))))
    ('distance', 2.0)
    """

    def __init__(
        self,
        fn: Callable[..., Array],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
        **settings: Any,
    ) -> None:
        if not callable(fn):
            raise ValueError(f"FunctionLoss needs a function of (y_true, y_pred), got {fn!r}.")
        super().__init__(name or getattr(fn, "__name__", _snake_case(type(fn).__name__)), reduction, dtype)
        self.fn = fn
        self.settings = settings

    def call(self, y_true: Array, y_pred: Array) -> Array:
        if y_true.ndim != y_pred.ndim:
            y_true, y_pred = same_rank(y_true, y_pred)
        return self.fn(y_true, y_pred, **self.settings)

    def call_backward(self, y_true: Array, y_pred: Array, dl: Array) -> Array:
        if isinstance(self.fn, LossFunction):
            return self.fn.backward(y_true, y_pred, dl, **self.settings)
        return super().call_backward(y_true, y_pred, dl)

    def get_config(self) -> dict[str, Any]:
        return {"fn": self.fn, **super().get_config(), **self.settings}


def loss_for(function: LossFunction, *aliases: str) -> Callable[[LossClass], LossClass]:
    """Decorator: the class below carries this formula, and is found under its own name and these."""

    def attach(cls: LossClass) -> LossClass:
        cls.function = function
        function.loss_class = cls
        return registry.add(cls.__name__, *aliases)(cls)

    return attach


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
