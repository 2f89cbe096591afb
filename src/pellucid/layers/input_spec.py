"""InputSpec: what a layer of one's own expects of its input, noted down in Keras's way."""

from typing import Any


class InputSpec:
    """What a layer expects of its input: `self.input_spec = InputSpec(ndim=2)`. A note: nothing is checked by it.

    Args:
        dtype: type of the numbers.
        shape: the whole shape, the batch axis included; None where any size is welcome.
        ndim: number of axes.
        max_ndim, min_ndim: most and fewest axes.
        axes: size of some axes, by their place.
        allow_last_axis_squeeze: whether a last axis of 1 may be missing.
        name: of the input.
        optional: whether there may be none.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype, self.shape = dtype, None if shape is None else tuple(shape)
        self.ndim = ndim if shape is None else len(self.shape or ())
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        self.allow_last_axis_squeeze, self.name, self.optional = allow_last_axis_squeeze, name, optional

    def get_config(self) -> dict[str, Any]:
        """The expectations, as plain data."""
        return {name: getattr(self, name) for name in ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "InputSpec":
        return cls(**config)

    def __repr__(self) -> str:
        told = [f"{name}={value}" for name, value in self.get_config().items() if value not in (None, {})]
        return f"InputSpec({', '.join(told)})"
