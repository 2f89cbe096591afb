"""Functions of single numbers, place by place."""

from typing import Any

from ..arrays import Array, namespace
from ..arrays import erf as erf_formula
from ..backend.functions import (
    abs,
    equal,
    exp,
    floor,
    greater,
    greater_equal,
    isfinite,
    less,
    less_equal,
    log,
    maximum,
    minimum,
    not_equal,
    round,
    sign,
    square,
)
from ..backend.functions import (
    is_nan as isnan,
)
from ..backend.symbols import array, on_symbols
from .by_name import by_name, floating

absolute = abs
add, subtract, multiply, divide = map(by_name, ("add", "subtract", "multiply", "divide"))
true_divide, floor_divide, mod, power = map(by_name, ("true_divide", "floor_divide", "mod", "power"))
negative, reciprocal, log1p, expm1 = map(by_name, ("negative", "reciprocal", "log1p", "expm1"))
log2, log10, exp2, logaddexp = map(by_name, ("log2", "log10", "exp2", "logaddexp"))
sin, cos, tan, sinh, cosh = map(by_name, ("sin", "cos", "tan", "sinh", "cosh"))
arcsin, arccos, arctan, arctan2 = map(by_name, ("arcsin", "arccos", "arctan", "arctan2"))
arcsinh, arccosh, arctanh, tanh = map(by_name, ("arcsinh", "arccosh", "arctanh", "tanh"))
ceil, trunc, isinf, isclose = map(by_name, ("ceil", "trunc", "isinf", "isclose"))
logical_and, logical_or = by_name("logical_and"), by_name("logical_or")
logical_not, logical_xor = by_name("logical_not"), by_name("logical_xor")
fmod, cbrt, logaddexp2, signbit = map(by_name, ("fmod", "cbrt", "logaddexp2", "signbit"))
deg2rad, rad2deg, isin = map(by_name, ("deg2rad", "rad2deg", "isin"))
nan_to_num, hypot, digitize = by_name("nan_to_num"), by_name("hypot"), by_name("digitize")


@on_symbols
def sqrt(x: Any) -> Array:
    """Square roots."""
    return namespace(floating(x)).sqrt(floating(x))


@on_symbols
def rsqrt(x: Any) -> Array:
    """One divided by the square root."""
    return 1 / namespace(floating(x)).sqrt(floating(x))


@on_symbols
def erf(x: Any) -> Array:
    """The error function."""
    return erf_formula(array(x))


@on_symbols
def clip(x: Any, x_min: Any, x_max: Any) -> Array:
    """x, kept between two bounds."""
    return namespace(array(x)).clip(array(x), x_min, x_max)


_where = by_name("where")


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """x1 where the condition holds, else x2; with neither, the places where it holds."""
    return nonzero(condition) if x1 is None and x2 is None else _where(condition, x1, x2)


nonzero = by_name("nonzero")

__all__ = [
    "abs",
    "absolute",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cbrt",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "deg2rad",
    "digitize",
    "divide",
    "equal",
    "erf",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "floor_divide",
    "fmod",
    "greater",
    "greater_equal",
    "hypot",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "nan_to_num",
    "negative",
    "nonzero",
    "not_equal",
    "power",
    "rad2deg",
    "reciprocal",
    "round",
    "rsqrt",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
    "where",
]  # fmt: skip
