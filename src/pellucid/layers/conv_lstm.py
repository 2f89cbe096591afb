"""ConvLSTM: an LSTM over sequences of images, whose sums are convolutions.

    forward    z    = conv(x, kernel) + conv(h, recurrent_kernel) + bias      four sums a filter: i, f, g, o
               i, f, o = σ(z_i), σ(z_f), σ(z_o)        g = tanh(z_g)
               c'   = f · c + i · g                    h' = o · tanh(c')
    backward   as in lstm.py, place by place; the slopes of the sums go back through the convolutions (conv.py)

The convolution of x takes strides and padding as given; that of h keeps its size ("same").

Source: Shi, Chen, Wang, Yeung, Wong & Woo, "Convolutional LSTM network: a machine learning approach for precipitation
nowcasting", NIPS (2015), equation 3, without the terms in c of the gates.
"""

from typing import Any, ClassVar

import numpy as np

from .. import random
from ..arrays import Array, namespace
from ..errors import ShapeError, positive_int, several
from ..windows import Slides
from .axis_order import FIRST, axis_order, channels_to_end, channels_to_front
from .conv import kernel_gradient, slide_kernel, spread_kernel
from .inner import inner_params
from .layer import ALL, Params, draw
from .lstm import InnerStateCell
from .old_names import CONVOLUTION_RECURRENT, takes_old_names
from .recurrent import States, Walk
from .rnn import GatedRNN
from .spatial import KINDS, known_channels, not_both, padding_name, slides_over, window_counts
from .symbolic import Shape
from .table import register_layer


class ConvLSTMCell(InnerStateCell):
    """One time step of a ConvLSTM over `axes` axes. Its states are the output h and the inner state c.

    Args:
        filters, kernel_size, …: as in `ConvLSTM`.
    """

    axes: ClassVar[int]

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.take(locals())
        self.filters = self.units = positive_int(filters, "filters")
        self.kernel_size = several(kernel_size, self.axes, "kernel_size")
        self.strides = several(strides, self.axes, "strides")
        self.padding = padding_name(padding)
        self.data_format = axis_order(data_format, self.axes)
        self.dilation_rate = several(dilation_rate, self.axes, "dilation_rate")
        not_both(self.strides, self.dilation_rate)

    def init(self, key: Array, *shapes: Shape) -> Params:
        channels, sums = known_channels(self.name, shapes[0]), self.gates * self.filters
        kernel, recurrent = (*self.kernel_size, channels, sums), (*self.kernel_size, self.filters, sums)
        params = {
            "kernel": draw(self.kernel_initializer, key, 0, kernel, self.dtype),
            "recurrent_kernel": draw(self.recurrent_initializer, key, 1, recurrent, self.dtype),
        }
        if self.use_bias:
            params["bias"] = self.init_bias(key)
        return params

    def state_shape(self, shape: Shape) -> Shape:
        """The shape of each state, for one time step of this shape."""
        counts = window_counts(self.name, shape, self.kernel_size, self.strides, self.padding, self.dilation_rate)
        return shape[0], *counts, self.filters

    def run(
        self, params: Params, x: Array, first: States, mask: Array | None = None, key: Array | None = None
    ) -> tuple[Array, States, Any]:
        """As in `Cell`, with x (T, N, H, W, C) and states (N, OH, OW, F)."""
        mask = None if mask is None else mask.reshape(*mask.shape, *(1,) * self.axes)  # (T, N, 1, 1, 1)
        return super().run(params, x, first, mask, key)

    def weigh_inputs(self, params: Params, x: Array, thin: Array | None) -> Array:
        """x (T, N, H, W, C) -> (T, N, OH, OW, 4F), all time steps at once."""
        z = _convolved(_all_steps(x, thin), params["kernel"], self._input_slides(x))
        return z.reshape(*x.shape[:2], *z.shape[1:])

    def weigh_inputs_back(
        self, params: Params, x: Array, dz: Array, thin: Array | None, needs: tuple[str, ...]
    ) -> tuple[Array | None, Array | None]:
        rows = dz.reshape(-1, *dz.shape[2:])
        given, slides = _all_steps(x, thin), self._input_slides(x)
        back, dkernel = _convolved_back(given, params["kernel"], rows, slides, needs)
        if back is None:
            return None, dkernel
        if thin is None:
            return back[0].reshape(x.shape), dkernel
        return sum(d.reshape(x.shape) * one for d, one in zip(back, thin, strict=True)), dkernel

    def _input_slides(self, x: Array) -> Slides:
        return slides_over(x.shape[1:], self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def _state_slides(self, h: Array) -> Slides:
        return slides_over(h.shape, self.kernel_size, (1,) * self.axes, "same")

    def step(self, params: Params, z: Array, before: States, thin: Array | None) -> tuple[States, Any]:
        h, c = before
        given = [h] if thin is None else [h * one for one in thin]
        z = z + _convolved(given, params["recurrent_kernel"], self._state_slides(h))
        z_i, z_f, z_g, z_o = _four(z)
        i, f, o = (self.recurrent_activation(part) for part in (z_i, z_f, z_o))
        g = self.activation(z_g)
        c = f * c + i * g
        squashed = self.activation(c)
        return (o * squashed, c), (z, i, f, g, o, squashed)

    def step_back(
        self, params: Params, kept: Any, before: States, after: States, dafter: States, thin: Array | None
    ) -> tuple[States, tuple[Array, ...]]:
        z, i, f, g, o, squashed = kept
        z_i, z_f, z_g, z_o = _four(z)
        (h, c), (dh, dc) = before, dafter
        dc = dc + self.activation.backward(after[1], squashed, dh * o)
        gate = self.recurrent_activation.backward
        parts = [gate(z_i, i, dc * g), gate(z_f, f, dc * c), self.activation.backward(z_g, g, dc * i)]
        dz = namespace(dh).concat([*parts, gate(z_o, o, dh * squashed)], axis=-1)
        given = [h] if thin is None else [h * one for one in thin]
        back, _ = _convolved_back(given, params["recurrent_kernel"], dz, self._state_slides(h), ("inputs",))
        assert back is not None  # it was asked for
        dh = sum(back) if thin is None else sum(d * one for d, one in zip(back, thin, strict=True))
        return (dh, dc * f), (dz,)

    def recurrent_gradients(self, params: Params, walk: Walk, before: States, slopes: tuple[Array, ...]) -> Params:
        h, dz = before[0], slopes[0].reshape(-1, *slopes[0].shape[2:])
        kernel, slides = params["recurrent_kernel"], self._state_slides(h[0])
        _, dkernel = _convolved_back(_all_steps(h, walk.thin_h), kernel, dz, slides, ("params",))
        grads = {"recurrent_kernel": dkernel}
        if self.use_bias:
            grads["bias"] = dz.reshape(-1, dz.shape[-1]).sum(axis=0)
        return grads

    def thinning(self, key: Array | None, x: Array) -> tuple[Array | None, Array | None]:
        """What dropout multiplies inputs and states with, a share of its own for each gate."""
        if key is None:
            return None, None
        shapes = x.shape[1:], self.state_shape(x.shape[1:])
        rates = self.dropout, self.recurrent_dropout
        found = []
        for own, rate, shape in zip(random.split(key), rates, shapes, strict=True):
            keep = random.uniform(own, (self.gates, *shape)) >= rate
            found.append(namespace(x).asarray(keep, dtype=x.dtype) / (1 - rate) if rate else None)
        return found[0], found[1]


def _all_steps(x: Array, thin: Array | None) -> list[Array]:
    """x (T, N, …) with all time steps as samples; with dropout, one for each gate."""
    several = [x] if thin is None else [x * one for one in thin]
    return [one.reshape(-1, *x.shape[2:]) for one in several]


def _four(z: Array) -> list[Array]:
    """z cut along its last axis into the sums of the four gates."""
    size = z.shape[-1] // 4
    return [z[..., i * size : (i + 1) * size] for i in range(4)]


def _convolved(given: list[Array], kernel: Array, slides: Slides) -> Array:
    """The kernel slid over one input for all gates, or over one for each."""
    if len(given) == 1:
        return slide_kernel(given[0], kernel, slides)
    parts = [slide_kernel(x, own, slides) for x, own in zip(given, _four(kernel), strict=True)]
    return namespace(kernel).concat(parts, axis=-1)


def _convolved_back(
    given: list[Array], kernel: Array, dz: Array, slides: Slides, needs: tuple[str, ...]
) -> tuple[list[Array] | None, Array | None]:
    """dL/d(each input), and dL/dkernel, those that are needed."""
    kernels, slopes = ([kernel], [dz]) if len(given) == 1 else (_four(kernel), _four(dz))
    dx = dkernel = None
    if "inputs" in needs:
        dx = [spread_kernel(d, own, slides) for d, own in zip(slopes, kernels, strict=True)]
    if "params" in needs:
        every = zip(given, slopes, kernels, strict=True)
        parts = [kernel_gradient(x, d, own.shape, slides) for x, d, own in every]
        dkernel = parts[0] if len(parts) == 1 else namespace(dz).concat(parts, axis=-1)
    return dx, dkernel


class ConvLSTM(GatedRNN):
    """Base of the ConvLSTMs over `axes` axes.

    Args:
        filters: number of outputs at each place, F.
        kernel_size, strides, padding, data_format, dilation_rate: as in `Conv`, for the convolution of the input.
        activation, recurrent_activation, use_bias, unit_forget_bias, …_initializer, …_regularizer, …_constraint,
            dropout, recurrent_dropout: as in `LSTM`.
        return_sequences, return_state, go_backwards, stateful, unroll, seed: as in `SimpleRNN`.
    """

    axes: ClassVar[int]
    cell_class: ClassVar[type[ConvLSTMCell]]

    @takes_old_names(CONVOLUTION_RECURRENT)
    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(self.cell_class, locals())

    def compute_output_shape(self, *shapes: Shape, **options: Any) -> Any:
        shape = shapes[0]
        if len(shape) != self.axes + 3:
            kind, form = KINDS[self.axes]
            form = form.replace("(batch", "(batch, time")
            raise ShapeError(f"{self.name}: needs sequences of {kind} shaped {form}, got {shape}.")
        state = self._state_shape(self._one_step(shape))
        state = channels_to_front(state) if self.data_format == FIRST else state
        output = (shape[0], shape[1], *state[1:]) if self.return_sequences else state
        return [output, state, state] if self.return_state else output

    def _state_shape(self, shape: Shape) -> Shape:
        assert isinstance(self.cell, ConvLSTMCell)  # as the class says
        return self.cell.state_shape(shape)

    def _one_step(self, shape: Shape) -> Shape:
        """The shape of one time step, its channels last."""
        step = (shape[0], *shape[2:])
        return channels_to_end(step) if self.data_format == FIRST else step

    def init(self, key: Array, *shapes: Shape) -> Params:
        return inner_params(self.cell, key, self._one_step(shapes[0]))

    def forward(self, params: Params, x: Array, *given: Array, **extras: Any) -> tuple[Any, Any]:
        """x (N, T, H, W, C), given states (N, OH, OW, F) each -> y (N, T, OH, OW, F) or (N, OH, OW, F), and states."""
        if self.data_format != FIRST:
            return super().forward(params, x, *given, **extras)
        xp = namespace(x)
        y, cache = super().forward(params, xp.moveaxis(x, 2, -1), *(xp.moveaxis(s, 1, -1) for s in given), **extras)
        several = tuple(xp.moveaxis(part, -1, axis) for part, axis in self._with_axes(y))
        return (several if self.return_state else several[0]), cache

    def backward(self, params: Params, cache: Any, dy: Any, *, needs: tuple[str, ...] = ALL) -> tuple[Any, Params]:
        if self.data_format != FIRST:
            return super().backward(params, cache, dy, needs=needs)
        several = tuple(d if d is None else namespace(d).moveaxis(d, axis, -1) for d, axis in self._with_axes(dy))
        dx, grads = super().backward(params, cache, several if self.return_state else several[0], needs=needs)
        first, *rest = dx if isinstance(dx, tuple) else (dx,)
        first = None if first is None else namespace(first).moveaxis(first, -1, 2)
        rest = [namespace(d).moveaxis(d, -1, 1) for d in rest]
        return (first, *rest) if rest else first, grads

    def _with_axes(self, y: Any) -> list[tuple[Any, int]]:
        """The output and the states, each with the place of its channels where they come first."""
        several = y if self.return_state else (y,)
        return [(part, 2 if self.return_sequences and not i else 1) for i, part in enumerate(several)]

    def init_state(self, *shapes: Shape) -> Params:
        if not self.stateful:
            return {}
        sizes = self._state_shape(self._one_step(shapes[0]))
        if None in sizes:
            raise ShapeError(
                f"{self.name}: stateful=True needs a fixed batch size and image size, but the input shape is "
                f"{shapes[0]}. Give the model Input(batch_shape=…)."
            )
        return {f"state_{i}": np.zeros(sizes, dtype=self.dtype) for i in (0, 1)}

    def _first(self, state: Params | None, x: Array) -> States:
        if self.stateful:
            return super()._first(state, x)
        sizes = self._state_shape((x.shape[0], *x.shape[2:]))
        return tuple(namespace(x).zeros(sizes, dtype=x.dtype) for _ in (0, 1))


class ConvLSTM1DCell(ConvLSTMCell):
    """One time step of `ConvLSTM1D`."""

    axes = 1


@register_layer("ConvLSTM1D")
class ConvLSTM1D(ConvLSTM):
    """A ConvLSTM over sequences of sequences; arguments as in `ConvLSTM`.

    >>> ConvLSTM1D(8, 3, padding="same").compute_output_shape((None, 5, 20, 3))
    (None, 20, 8)
    """

    axes, cell_class = 1, ConvLSTM1DCell


class ConvLSTM2DCell(ConvLSTMCell):
    """One time step of `ConvLSTM2D`."""

    axes = 2


@register_layer("ConvLSTM2D")
class ConvLSTM2D(ConvLSTM):
    """A ConvLSTM over sequences of images; arguments as in `ConvLSTM`.

    >>> ConvLSTM2D(8, 3, return_sequences=True).compute_output_shape((None, 5, 28, 28, 1))
    (None, 5, 26, 26, 8)
    """

    axes, cell_class = 2, ConvLSTM2DCell


class ConvLSTM3DCell(ConvLSTMCell):
    """One time step of `ConvLSTM3D`."""

    axes = 3


@register_layer("ConvLSTM3D")
class ConvLSTM3D(ConvLSTM):
    """A ConvLSTM over sequences of volumes; arguments as in `ConvLSTM`.

    >>> ConvLSTM3D(8, 3, padding="same").compute_output_shape((None, 5, 8, 8, 8, 1))
    (None, 8, 8, 8, 8)
    """

    axes, cell_class = 3, ConvLSTM3DCell
