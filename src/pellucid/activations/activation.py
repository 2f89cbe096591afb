"""Activation: a formula that carries its own derivative.

    @activation
    def double(x): return 2 * x

    @double.slope                       dy/dx, where each output depends on one input
    def _(x, y): return 2 * ones_like(x)

    @softmax.backward_rule              dL/dx, where outputs depend on several inputs
    def _(x, y, dy, axis): …

A formula without either of the two (a function of a user's own) gets its
backward from the notes of its own computation (automatic/).
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array, namespace
from ..automatic import vjp
from ..config import floatx
from ..registry import Registry

registry = Registry("activation")

Formula = Callable[..., Array]


class Activation:
    """A function of arrays, called like a function, with its name, settings and derivative.

    name          Keras's name
    settings      what can be set, with the defaults
    elementwise   True where each output depends on one input only, so that there is a `derivative`
    formula       the function as it was written
    """

    def __init__(self, formula: Formula) -> None:
        functools.update_wrapper(self, formula)
        self.formula = formula
        self.name: str = getattr(formula, "__name__", type(formula).__name__)
        self.__name__ = self.name
        self.settings = _settings(formula)
        self._slope: Formula | None = None
        self._backward: Formula | None = None

    def slope(self, rule: Formula) -> Formula:
        """Decorator: the rule below gives dy/dx as rule(x, y, **settings)."""
        self._slope = rule
        return rule

    def backward_rule(self, rule: Formula) -> Formula:
        """Decorator: the rule below gives dL/dx as rule(x, y, dy, **settings)."""
        self._backward = rule
        return rule

    @property
    def elementwise(self) -> bool:
        return self._slope is not None

    def __call__(self, x: Any, *args: Any, **settings: Any) -> Array:
        """y = f(x). Numbers and lists are taken as arrays of `config.floatx()`.

        Raises TypeError when x is not made of numbers.
        """
        x = _as_array(x, self.name)
        y = self.formula(x, *args, **settings)
        if self._slope is None and self._backward is None and isinstance(x, np.ndarray):
            return np.asarray(y, dtype=x.dtype)  # somebody's own function may answer with arrays of another library
        return y

    def backward(self, x: Array, y: Array, dy: Array, **settings: Any) -> Array:
        """dL/dx from dL/dy.

        x    (...)    what went in
        y    (...)    what came out
        dy   (...)    dL/dy, shaped as y
        """
        if self._backward is not None:
            return self._backward(x, y, dy, **{**self.settings, **settings})
        if self._slope is not None:
            return dy * self._slope(x, y, **{**self.settings, **settings})
        (dx,) = vjp(
            functools.partial(self.formula, **settings),
            (x,),
            dy,
            owner=f"activation {self.name!r}",
            remedy=f"declare one: f = Activation({self.name}), then @f.slope above a function of (x, y)",
        )
        return dx

    def derivative(self, x: Any, **settings: Any) -> Array:
        """dy/dx at each x.

        Raises TypeError for a function whose outputs depend on several inputs, like softmax:
        these have no derivative per number, only `backward`.
        """
        if self._slope is None:
            raise TypeError(
                f"{self.name} has no derivative per number: either its outputs depend on several inputs, or nobody "
                f"declared one with @{self.name}.slope. Use {self.name}.backward(x, y, dy)."
            )
        x = _as_array(x, self.name)
        settings = {**self.settings, **settings}
        return self._slope(x, self.formula(x, **settings), **settings)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """A registered activation is pickled and copied by its name: there is one of each."""
        registered = self.name in registry and registry.find(self.name) is self
        return self.name if registered else super().__reduce_ex__(protocol)

    def __repr__(self) -> str:
        return f"<activation {self.name}>"


def activation(formula: Formula) -> Activation:
    """Decorator: the formula below becomes an activation, found under its name."""
    made = Activation(formula)
    return registry.add(made.name)(made)


def names() -> list[str]:
    """The names of all activations, each function once.

    >>> "relu" in names(), "swish" in names(), "silu" in names()
    (True, False, True)
    """
    return [name for name in registry.names() if registry.find(name).name == name]


def _settings(formula: Formula) -> dict[str, Any]:
    try:
        parameters = inspect.signature(formula).parameters
    except (TypeError, ValueError):  # a function written in C says nothing about itself
        return {}
    return {name: p.default for name, p in parameters.items() if p.default is not p.empty}


def _as_array(x: Any, name: str) -> Array:
    if not hasattr(x, "__array_namespace__"):
        x = np.asarray(x)
        if x.dtype.kind not in "biuf":
            raise TypeError(f"{name}: needs numbers or an array of numbers, got {x.dtype} data.")
        return x.astype(floatx())
    return namespace(x).asarray(x, dtype=floatx()) if x.dtype.kind in "biu" else x
