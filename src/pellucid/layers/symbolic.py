"""Values that a network will compute: a shape, a dtype, and the call they come from.

Calling a layer on one of these computes nothing; it notes the call. Walking the
notes back from the outputs gives the network (engine/layout.py).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

Shape = tuple[int | None, ...]  # the batch axis first; None where any size is welcome


class Call(NamedTuple):
    """One use of a layer: what went in.

    inputs    symbolic values, those of `masked` last
    options   settings of this call, handed to the layer's forward
    masked    for each mask that was given as mask=, the place of the input that it belongs to
    args, kwargs   the call as it was written, for files
    training   whether it is for learning, where the call says so itself
    network    what a layer that is made of layers computes here, where it could be taken apart
    """

    layer: Any  # a Layer (layer.py builds on this file)
    inputs: tuple["KerasTensor", ...]
    options: Mapping[str, Any] = {}
    masked: tuple[int, ...] = ()
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = {}
    training: bool | None = None
    network: "Network | None" = None


class Network(NamedTuple):
    """What lies between some symbolic values; added: losses (label None) and metrics that the layers add."""

    inputs: tuple["KerasTensor", ...]
    outputs: tuple["KerasTensor", ...]
    added: tuple[tuple["KerasTensor", str | None], ...] = ()


class TensorShape(tuple[int | None, ...]):
    """A shape that has `as_list()`, as TensorFlow's."""

    def as_list(self) -> list[int | None]:
        """The sizes as a list."""
        return list(self)


class KerasTensor:
    """A value without numbers yet, as `Input(…)` and layers called on it return.

    shape    batch axis first, None where free
    call     the call that computes it
    index    which of the call's outputs it is
    """

    __array_priority__ = 100  # array * symbol asks the symbol

    def __init__(self, shape: Shape, dtype: str, call: Call, index: int = 0, outputs: int = 1) -> None:
        self.shape, self.dtype = tuple(shape), dtype
        self.call, self.index, self.outputs = call, index, outputs

    @property
    def name(self) -> str:
        return self.call.layer.name

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def get_shape(self) -> "TensorShape":
        """The shape as TensorFlow gives it: `x.get_shape().as_list()`."""
        return TensorShape(self.shape)

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError(
            f"{self!r} has no numbers yet: it stands for what the model will compute. "
            "Build a Model(inputs, outputs) and call that on data."
        )

    def __bool__(self) -> bool:
        raise TypeError(f"{self!r} has no numbers yet, so it is neither true nor false.")


def is_symbolic(values: Any) -> bool:
    """Whether any of these values (one, or a list or tuple of them) is symbolic."""
    if isinstance(values, list | tuple):
        return any(map(is_symbolic, values))
    return isinstance(values, KerasTensor)
