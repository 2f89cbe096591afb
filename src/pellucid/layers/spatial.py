"""What layers over sequences, images and volumes ask of their settings and inputs."""

from typing import Any

from ..errors import ShapeError, one_of
from ..windows import Slides, slide
from .symbolic import Shape

KINDS = {
    1: ("sequences", "(batch, steps, channels)"),
    2: ("images", "(batch, height, width, channels)"),
    3: ("volumes", "(batch, depth, height, width, channels)"),
}


def check_rank(owner: str, shape: Shape, axes: int) -> None:
    """Refuse an input that has not this many axes between the batch and the channels."""
    if len(shape) == axes + 2:
        return
    kind, form = KINDS[axes]
    hint = f" No channel axis, as in {kind} of plain numbers? Add one: x[..., None]." if len(shape) == axes + 1 else ""
    raise ShapeError(f"{owner}: needs {kind} shaped {form}, got {shape}.{hint}")


def not_both(strides: tuple[int, ...], dilation_rate: tuple[int, ...]) -> None:
    """Refuse windows that take several places at a time and also have holes, as Keras does."""
    if max(strides) > 1 and max(dilation_rate) > 1:
        raise ValueError(
            f"strides and dilation_rate cannot both be above 1, got {strides} and {dilation_rate}. "
            "Leave one of them at 1."
        )


def padding_name(value: Any, choices: tuple[str, ...] = ("valid", "same")) -> str:
    """The name of a padding, in small letters."""
    return one_of(value.lower() if isinstance(value, str) else value, choices, "padding")


def slides_over(
    shape: tuple[int, ...],
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    dilation: tuple[int, ...] | None = None,
) -> Slides:
    """How such a window slides over the axes between the batch and the channels."""
    each = zip(shape[1:-1], window, strides, dilation or (1,) * len(window), strict=True)
    return {axis: slide(n, k, s, padding, d) for axis, (n, k, s, d) in enumerate(each, start=1)}


def window_counts(
    owner: str,
    shape: Shape,
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    dilation: tuple[int, ...] | None = None,
) -> tuple[int | None, ...]:
    """How many windows fit on each axis between the batch and the channels (None where that is not known yet).

    Raises ShapeError when not even one does.
    """
    check_rank(owner, shape, len(window))
    each = zip(shape[1:-1], window, strides, dilation or (1,) * len(window), strict=True)
    counts = tuple(None if n is None else slide(n, k, s, padding, d).fits for n, k, s, d in each)
    if any(count is not None and count < 1 for count in counts):
        wide = "" if dilation is None or max(dilation) == 1 else f" with dilation {dilation}"
        raise ShapeError(
            f"{owner}: a window of {window}{wide} does not fit on an input of {shape[1:-1]}. "
            'Use a smaller window, padding="same", or fewer layers that shrink the input before this one.'
        )
    return counts


def known_channels(owner: str, shape: Shape) -> int:
    """The number of channels, by which a kernel is sized."""
    if shape[-1] is None:
        raise ShapeError(
            f"{owner}: the number of channels must be known to size the kernel, but the input shape is {shape}. "
            "Give the model an Input with its last axis filled in."
        )
    return shape[-1]
