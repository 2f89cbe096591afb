"""Arguments as programs of 2015 to 2018 spell them, and what they are called now.

    Dense(output_dim=64, init="uniform", W_regularizer=l2(.01), bias=False)
    Dense(units=64, kernel_initializer="uniform", kernel_regularizer=l2(.01), use_bias=False)

A table for each family of layers says, for an old name,

    "new"                  how it is called now; old names that share a new one are its parts, in this order
    ("new", {old: new})    that the values were called otherwise, too
    (None, {old: None})    that it says nothing any more, for these values; others are refused
    None                   that it says nothing any more
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..errors import one_of

Meaning = str | tuple[str | None, Mapping[Any, Any]] | None
Init = TypeVar("Init", bound=Callable[..., None])

_FORMAT: dict[str, Meaning] = {
    "dim_ordering": ("data_format", {"tf": "channels_last", "th": "channels_first", "default": None, None: None})
}
_KERNEL: dict[str, Meaning] = {
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
}
_WINDOW: dict[str, Meaning] = {**_FORMAT, "border_mode": "padding"}

DENSE: dict[str, Meaning] = {"output_dim": "units", **_KERNEL}
CONVOLUTION: dict[str, Meaning] = {
    **_KERNEL,
    **_WINDOW,
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "kernel_dim1": "kernel_size",
    "kernel_dim2": "kernel_size",
    "kernel_dim3": "kernel_size",
    "nb_row": "kernel_size",
    "nb_col": "kernel_size",
    "subsample": "strides",
    "subsample_length": "strides",
    "atrous_rate": "dilation_rate",
}
DEPTHWISE: dict[str, Meaning] = {**CONVOLUTION, "init": "depthwise_initializer"}
SEPARABLE: dict[str, Meaning] = {**CONVOLUTION}
POOLING: dict[str, Meaning] = {**_WINDOW, "pool_length": "pool_size", "stride": "strides"}
SIZING: dict[str, Meaning] = {**_FORMAT, "length": "size"}
DROPOUT: dict[str, Meaning] = {**_FORMAT, "p": "rate"}
NOISE: dict[str, Meaning] = {"sigma": "stddev"}
EMBEDDING: dict[str, Meaning] = {
    "init": "embeddings_initializer",
    "W_regularizer": "embeddings_regularizer",
    "W_constraint": "embeddings_constraint",
}
NORMALIZATION: dict[str, Meaning] = {
    "gamma_init": "gamma_initializer",
    "beta_init": "beta_initializer",
    "mode": (None, {0: None}),  # the others normalized each sample by itself, or by its batch at all times
}
RECURRENT: dict[str, Meaning] = {
    "output_dim": "units",
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "forget_bias_init": ("unit_forget_bias", {"one": True, "ones": True, "zero": False, "zeros": False}),
    "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "consume_less": None,
    "implementation": None,
}
CONVOLUTION_RECURRENT: dict[str, Meaning] = {
    **{old: new for old, new in RECURRENT.items() if old != "output_dim"},
    **_WINDOW,
    "nb_filter": "filters",
    "nb_row": "kernel_size",
    "nb_col": "kernel_size",
    "subsample": "strides",
}


def takes_old_names(table: Mapping[str, Meaning]) -> Callable[[Init], Init]:
    """Decorator for a constructor: it takes the old names of this table as well.

    >>> class Layer:
    ...     @takes_old_names(CONVOLUTION)
    ...     def __init__(self, filters, kernel_size, padding="valid"):
    ...         print(filters, kernel_size, padding)
    >>> layer = Layer(nb_filter=5, nb_row=3, nb_col=2, border_mode="same")
    5 (3, 2) same
    """

    def wrap(init: Init) -> Init:
        @functools.wraps(init)
        def with_old_names(self: Any, *args: Any, **settings: Any) -> None:
            init(self, *args, **in_new_names(settings, table, type(self).__name__))

        with_old_names.old_names = frozenset(table)  # type: ignore[attr-defined]  # a file may use them, too
        return with_old_names  # type: ignore[return-value]  # the same arguments, and a few more

    return wrap


def in_new_names(settings: Mapping[str, Any], table: Mapping[str, Meaning], owner: str) -> dict[str, Any]:
    """The settings, by their names of today.

    Raises TypeError when something is given under its old name and its new one.
    """
    found = {name: value for name, value in settings.items() if name not in table}
    parts: dict[str, list[Any]] = {}
    for old, meaning in table.items():
        if old not in settings or meaning is None:
            continue
        value = settings[old]
        if isinstance(meaning, tuple):
            new, values = meaning
            value = values[one_of(value, values, old)]
            if new is None:
                continue
        else:
            new = meaning
        if new in found:
            raise TypeError(f"{owner}: got both {old}= and {new}=, its name of today. Keep {new}=.")
        parts.setdefault(new, []).append(value)
    return found | {new: given[0] if len(given) == 1 else tuple(given) for new, given in parts.items()}
