"""Windows that slide over an array: what they see (unfold), and the way back (fold).

    x  0 a b c d 0        a window of 3 places, "same" padding: a zero at each end
       └─┬─┘
         └─┬─┘            stride 1: the next window begins one place further on
       └─·─┬─·─┘          dilation 2: the places of one window lie two apart

How a window slides along one axis is a `Slide`. A window over several axes is a dict
from axis to Slide, so the same code serves sequences, images and volumes.
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from .arrays import Array, namespace


class Slide(NamedTuple):
    """How a window slides along one axis."""

    length: int  # of the axis
    window: int  # places in the window
    stride: int  # from one window to the next
    dilation: int  # from one place of a window to the next
    before: int  # how far ahead of the axis the first window begins
    fits: int  # windows

    @property
    def span(self) -> int:
        """From the first place of a window to its last."""
        return (self.window - 1) * self.dilation + 1

    @property
    def reach(self) -> int:
        """From the first place of the first window to the last place of the last one."""
        return (self.fits - 1) * self.stride + self.span

    @property
    def after(self) -> int:
        """How far behind the axis the last window ends; negative for a rest that no window sees."""
        return self.reach - self.before - self.length

    @property
    def overlaps(self) -> bool:
        return self.stride < self.span


Slides = dict[int, Slide]


def pad_amounts(
    n: int, window: int, stride: int = 1, padding: str = "valid", dilation: int = 1
) -> tuple[int, int, int]:
    """Zeros to put before and after an axis of length n, and how many windows then fit on it.

    "valid" adds none; "same" adds just enough to fit ⌈n / stride⌉ windows, the odd zero going
    after (TensorFlow's rule, and Keras's); "causal" adds before only, so that no window looks ahead.

    >>> pad_amounts(28, 3), pad_amounts(28, 3, padding="same"), pad_amounts(28, 3, 2, "same")
    ((0, 0, 26), (1, 1, 28), (0, 1, 14))
    """
    span = (window - 1) * dilation + 1
    if padding == "valid":
        return 0, 0, (n - span) // stride + 1
    count = math.ceil(n / stride)
    if padding == "causal":
        return span - 1, 0, count
    missing = max((count - 1) * stride + span - n, 0)
    return missing // 2, missing - missing // 2, count


def slide(n: int, window: int, stride: int = 1, padding: str = "valid", dilation: int = 1) -> Slide:
    """The Slide of a window along an axis of length n."""
    before, _, count = pad_amounts(n, window, stride, padding, dilation)
    return Slide(n, window, stride, dilation, before, count)


def views(x: Array, slides: Slides, fill: float = 0.0) -> Iterator[Array]:
    """What each place of the window sees, for all windows at once; the window's last axis varies fastest.

    x        (N, H, W, C)
    fill     what stands ahead of and behind an axis
    yields   (N, OH, OW, C), KH·KW times

    >>> [list(map(float, view)) for view in views(np.arange(4.0), {0: slide(4, 3)})]
    [[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]]
    """
    x = _widened(x, slides, fill)
    for place in _places(slides):
        yield x[_seen_from(place, slides, x.ndim)]


def unfold(x: Array, slides: Slides) -> Array:
    """Copy out every patch that the window sees.

    x        (N, H, W, C)
    returns  (N, OH, OW, KH·KW, C), the places in the order of `views`
    """
    if not isinstance(x, np.ndarray):
        return namespace(x).stack(list(views(x, slides)), axis=-2)
    if x.shape[-1] == 1:  # NumPy copies a lone channel faster so, row by row
        return np.moveaxis(np.stack(list(views(x, slides))), 0, -2)
    x = _widened(x, slides)
    windows = np.lib.stride_tricks.sliding_window_view(x, [s.span for s in slides.values()], tuple(slides))
    seen = [slice(None)] * windows.ndim  # (N, H', W', C, SH, SW)
    for i, (axis, s) in enumerate(slides.items()):
        seen[axis], seen[x.ndim + i] = slice(0, (s.fits - 1) * s.stride + 1, s.stride), slice(None, None, s.dilation)
    patches = np.ascontiguousarray(np.moveaxis(windows[tuple(seen)], x.ndim - 1, -1))  # (N, OH, OW, KH, KW, C)
    return patches.reshape(*patches.shape[: x.ndim - 1], math.prod(s.window for s in slides.values()), x.shape[-1])


def fold(pieces: Iterable[Array], slides: Slides) -> Array:
    """Put every number back on the place that it was read from; where windows overlap, they add up.

    The adjoint of `views`:  Σₖ sum(views(x)ₖ · pₖ) = sum(x · fold(p))  for every x and p.

    pieces   (N, OH, OW, C), one for each place of the window, in the order of `views`
    returns  (N, H, W, C)

    >>> fold([np.array([1.0, 2.0]), np.array([10.0, 20.0])], {0: slide(3, 2)})
    array([ 1., 12., 20.])
    """
    pieces = iter(pieces)
    piece = next(pieces)
    pairs = zip(_places(slides), itertools.chain([piece], pieces), strict=True)
    if not isinstance(piece, np.ndarray):
        return sum(_spread(piece, place, slides) for place, piece in pairs)
    overlap = any(s.overlaps for s in slides.values())
    shape, inside = list(piece.shape), [slice(None)] * piece.ndim
    for axis, s in slides.items():
        shape[axis], inside[axis] = s.reach + max(-s.after, 0), slice(s.before, s.before + s.length)
    x = np.zeros(shape, dtype=piece.dtype)
    for place, piece in pairs:
        here = _seen_from(place, slides, x.ndim)
        if overlap:
            x[here] += piece
        else:
            x[here] = piece
    return x[tuple(inside)]


def _places(slides: Slides) -> Iterator[tuple[int, ...]]:
    return itertools.product(*(range(s.window) for s in slides.values()))


def _seen_from(place: tuple[int, ...], slides: Slides, ndim: int) -> tuple[slice, ...]:
    """Where this place of the window stands, for all windows."""
    index = [slice(None)] * ndim
    for (axis, s), i in zip(slides.items(), place, strict=True):
        first = i * s.dilation
        index[axis] = slice(first, first + (s.fits - 1) * s.stride + 1, s.stride)
    return tuple(index)


def _widened(x: Array, slides: Slides, fill: float = 0.0) -> Array:
    """x with what stands ahead of and behind its axes."""
    amounts = [(0, 0)] * x.ndim
    for axis, s in slides.items():
        amounts[axis] = (s.before, max(s.after, 0))
    return namespace(x).pad(x, amounts, constant_values=fill) if any(map(any, amounts)) else x


def _spread(piece: Array, place: tuple[int, ...], slides: Slides) -> Array:
    """One piece on the places that it was read from, zeros elsewhere: for arrays that cannot be written to."""
    from jax.lax import pad

    amounts = [(0, 0, 0)] * piece.ndim
    for (axis, s), i in zip(slides.items(), place, strict=True):
        ahead = i * s.dilation - s.before
        behind = s.length - ahead - (s.fits - 1) * s.stride - 1
        amounts[axis] = (ahead, behind, s.stride - 1)
    return pad(piece, piece.dtype.type(0), amounts)
