"""What recurrent cells share: a walk through the time steps, and the walk back.

    forward    z       = x @ kernel + bias                  all time steps in one product
               states  = step(z_t, states)                  one time step after another
    backward   dstates = step_back(dstates + dy_t)          from the last time step to the first
               dkernel = xᵀ @ dz                            all time steps in one product
               dx      = dz @ kernelᵀ

The walk back is the chain rule through the unrolled network: each time step hears from
its own output and from the time step after it. Where the mask is false a time step
changes nothing: the states after it are those before it.

With dropout, a gate's sums see inputs (and states) of which the same random ones are
missing at every time step.

Sources: Werbos, "Backpropagation through time: what it does and how to do it", Proc.
IEEE 78 (1990), section III; dropout: Gal & Ghahramani, "A theoretically grounded
application of dropout in recurrent neural networks", NIPS (2016), equation 7.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from .. import activations, constraints, initializers, random, regularizers
from ..arrays import Array, namespace, scan
from ..errors import ShapeError, fraction, positive_int
from .layer import ALL, Layer, Params, draw
from .symbolic import Shape

States = tuple[Array, ...]


class Walk(NamedTuple):
    """What a cell's way back needs of its way forward; everything (T, N, …), but for `first` and the thinning."""

    x: Array
    first: States  # before the first time step
    states: States  # after each time step
    fresh: States  # the same before the mask was heeded
    kept: Any  # what the steps left
    mask: Array | None  # (T, N, 1)
    thin_x: Array | None  # (G, N, I), see `weigh`
    thin_h: Array | None  # (G, N, U)


class Cell(Layer):
    """Base of the recurrent cells: what happens in one time step.

    A cell writes `step` and `step_back`, for arrays of one time step, and `recurrent_gradients`, for all at once.
    Called by itself, as `cell(x, states)`, it takes that one step and returns the output and the new states.
    """

    thrifty = True
    gates: ClassVar[int]  # how many sums a unit has
    units: int
    use_bias: bool
    activation: Any
    recurrent_activation: Any
    kernel_initializer: Any
    recurrent_initializer: Any
    bias_initializer: Any
    dropout: float
    recurrent_dropout: float

    def take(self, given: Mapping[str, Any]) -> None:
        """The constructor's arguments as attributes, each checked by what its name says it is."""
        for name, value in given.items():
            if name not in ("self", "kwargs", "__class__"):
                setattr(self, name, _setting(name, value))
        self.wants = ("key",) if self.dropout or self.recurrent_dropout else ()

    # What a cell defines -------------------------------------------------------------------------

    def step(self, params: Params, z: Array, before: States, thin: Array | None) -> tuple[States, Any]:
        """One time step.

        z        (N, G·U)    the input's share of the sums
        before   (N, U) each, the states; the first of them is the output of the time step before
        thin     (G, N, U)   for dropout of the states, or None
        returns  the states after it, and what `step_back` will need
        """
        raise NotImplementedError(f"{type(self).__name__} defines no step.")

    def step_back(
        self, params: Params, kept: Any, before: States, after: States, dafter: States, thin: Array | None
    ) -> tuple[States, tuple[Array, ...]]:
        """One time step back: dL/dbefore, and the slopes of its sums, the first of them dL/dz."""
        raise NotImplementedError(f"{type(self).__name__} defines no step_back.")

    def recurrent_gradients(self, params: Params, walk: Walk, before: States, slopes: tuple[Array, ...]) -> Params:
        """Gradients of the recurrent kernel and the bias, from the slopes (T, N, …) of all time steps."""
        _, dkernel = weigh_back(before[0], slopes[0], params["recurrent_kernel"], walk.thin_h, ("params",))
        grads = {"recurrent_kernel": dkernel}
        if self.use_bias:
            grads["bias"] = rows(slopes[0]).sum(axis=0)
        return grads

    def input_bias(self, params: Params) -> Array:
        """The bias that is added to the input's share of the sums."""
        return params["bias"]

    # Settings and first numbers --------------------------------------------------------------------

    @property
    def state_size(self) -> Any:
        """Size of the state, or a list of the sizes of several."""
        return self.units

    @property
    def sizes(self) -> list[int]:
        """The sizes of the states, always a list."""
        return self.state_size if isinstance(self.state_size, list) else [self.state_size]

    @property
    def output_size(self) -> int:
        return self.units

    def init(self, key: Array, *shapes: Shape) -> Params:
        features, sums = shapes[0][-1], self.gates * self.units
        if features is None:
            raise ShapeError(f"{self.name}: the number of features must be known, but the input shape is {shapes[0]}.")
        params = {
            "kernel": draw(self.kernel_initializer, key, 0, (features, sums), self.dtype),
            "recurrent_kernel": draw(self.recurrent_initializer, key, 1, (self.units, sums), self.dtype),
        }
        if self.use_bias:
            params["bias"] = self.init_bias(key)
        return params

    def init_bias(self, key: Array) -> Array:
        return draw(self.bias_initializer, key, 2, (self.gates * self.units,), self.dtype)

    def rule(self, kind: str, param: str) -> Any:
        return super().rule(kind, "recurrent" if param == "recurrent_kernel" else param)

    # Whole sequences -------------------------------------------------------------------------------

    def run(
        self, params: Params, x: Array, first: States, mask: Array | None = None, key: Array | None = None
    ) -> tuple[Array, States, Any]:
        """Walk through all time steps.

        x        (T, N, I)
        first    (N, U) each, the states to start from
        mask     (T, N, 1) booleans, or None
        returns  the outputs (T, N, U), the last states, and a cache
        """
        xp = namespace(x)
        thin_x, thin_h = self.thinning(key, x) if self.dropout or self.recurrent_dropout else (None, None)
        z = self.weigh_inputs(params, x, thin_x)
        z = z + self.input_bias(params) if self.use_bias else z

        def step(before: States, now: Any) -> tuple[States, Any]:
            z, counts = now
            after, kept = self.step(params, z, before, thin_h)
            if counts is None:
                return after, (after, None, kept)
            held = tuple(xp.where(counts, a, b) for a, b in zip(after, before, strict=True))
            return held, (held, after, kept)

        last, (states, fresh, kept) = scan(step, first, (z, mask), loose=2)
        return states[0], last, Walk(x, first, states, fresh or states, kept, mask, thin_x, thin_h)

    def run_back(
        self,
        params: Params,
        walk: Any,
        dys: Array | None,
        dlast: tuple[Array | None, ...],
        dy: Array | None = None,
        needs: tuple[str, ...] = ALL,
    ) -> tuple[Array | None, States, Params]:
        """Walk back through all time steps.

        dys      (T, N, U)   dL/d(each output), or None
        dlast    (N, U) each, dL/d(each last state), or None
        dy       (N, U)      dL/d(the last output), if it is heard of apart from dys
        returns  dx (T, N, I), dL/d(each first state), and the gradients by name
        """
        xp = namespace(walk.x)
        dend = [xp.zeros_like(state) if d is None else d for d, state in zip(dlast, walk.first, strict=True)]
        if dy is not None:
            dend[0] = dend[0] + dy
        before = tuple(
            xp.concat([first[None], states[:-1]]) for first, states in zip(walk.first, walk.states, strict=True)
        )

        def back(dafter: States, now: Any) -> tuple[States, Any]:
            after, dy, kept, before, counts = now
            if dy is not None:
                dafter = (dafter[0] + dy, *dafter[1:])
            if counts is None:
                return self.step_back(params, kept, before, after, dafter, walk.thin_h)
            heard = tuple(xp.where(counts, d, 0.0) for d in dafter)
            dbefore, slopes = self.step_back(params, kept, before, after, heard, walk.thin_h)
            return tuple(d + a - h for d, a, h in zip(dbefore, dafter, heard, strict=True)), slopes

        times = (walk.fresh, dys, walk.kept, before, walk.mask)
        dfirst, slopes = scan(back, tuple(dend), times, reverse=True)
        dx, dkernel = self.weigh_inputs_back(params, walk.x, slopes[0], walk.thin_x, needs)
        if "params" not in needs:
            return dx, dfirst, {}
        return dx, dfirst, {"kernel": dkernel, **self.recurrent_gradients(params, walk, before, slopes)}

    def weigh_inputs(self, params: Params, x: Array, thin: Array | None) -> Array:
        """The inputs' share of the sums, (T, N, G·U), all time steps at once."""
        return weigh(x, params["kernel"], thin)

    def weigh_inputs_back(
        self, params: Params, x: Array, dz: Array, thin: Array | None, needs: tuple[str, ...]
    ) -> tuple[Array | None, Array | None]:
        """dx and dkernel of `weigh_inputs`, those that are needed."""
        return weigh_back(x, dz, params["kernel"], thin, needs)

    def thinning(self, key: Array | None, x: Array) -> tuple[Array | None, Array | None]:
        """What dropout multiplies inputs and states with; a share of its own for each gate where states are dropped."""
        if key is None:
            return None, None
        keys = random.split(key)
        gates = self.gates if self.recurrent_dropout else 1
        thin_x = _thin(keys[0], self.dropout, (gates, *x.shape[1:]), x)
        return thin_x, _thin(keys[1], self.recurrent_dropout, (gates, x.shape[1], self.units), x)

    # One time step by itself -----------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """cell(x, states): the output for one time step, and the list of states after it."""
        output, *after = super().__call__(*args, **kwargs)
        return output, after

    def arrange(
        self, inputs: Any, *more: Any, states: Any = None, **others: Any
    ) -> tuple[list[Any], dict[str, Any], dict[int, Any]]:
        given = [*more, states] if states is not None else list(more)
        if not given:
            raise TypeError(f"{self.name}: a cell needs the states before the time step: cell(x, states).")
        states = given[0] if isinstance(given[0], list | tuple) else given
        return super().arrange([inputs, *states], **others)

    def compute_output_shape(self, *shapes: Shape) -> Any:
        batch = shapes[0][0]
        return [(batch, self.output_size), *((batch, size) for size in self.sizes)]

    def get_initial_state(self, batch_size: int) -> list[Array]:
        """States of zeros for a batch of that size."""
        return [initializers.Zeros()((batch_size, size), dtype=self.dtype) for size in self.sizes]

    def forward(self, params: Params, x: Array, *states: Array, key: Array | None = None) -> tuple[Any, Any]:
        """x (N, I), states (N, U) each -> the output (N, U) and the states after it."""
        y, after, cache = self.run(params, x[None], states, key=key)
        return (y[0], *after), cache

    def backward(self, params: Params, cache: Any, dy: Any, *, needs: tuple[str, ...] = ALL) -> tuple[Any, Params]:
        output, *after = dy
        dx, dfirst, grads = self.run_back(params, cache, None, tuple(after), output, needs)
        return (None if dx is None else dx[0], *dfirst), grads


def weigh(x: Array, kernel: Array, thin: Array | None = None) -> Array:
    """The sums x @ kernel; with dropout, each gate's from an x that is thinned for it.

    x        (T, N, I) or (N, I)
    kernel   (I, G·U)
    thin     (G, N, I), what x is multiplied by for each gate, or (1, N, I) for all; None: nothing is dropped
    """
    if thin is None:
        return (rows(x) @ kernel).reshape(*x.shape[:-1], kernel.shape[1])
    parts = [weigh(x * one, part) for one, part in zip(thin, _shares(kernel, len(thin)), strict=True)]
    return parts[0] if len(parts) == 1 else namespace(x).concat(parts, axis=-1)


def weigh_back(
    x: Array, dz: Array, kernel: Array, thin: Array | None = None, needs: tuple[str, ...] = ALL
) -> tuple[Array | None, Array | None]:
    """dx and dkernel of `weigh`, those that are needed."""
    dx = dkernel = None
    if thin is None:
        if "inputs" in needs:
            dx = (rows(dz) @ kernel.T).reshape(x.shape)
        if "params" in needs:
            dkernel = rows(x).T @ rows(dz)
        return dx, dkernel
    dkernels = []
    for one, part, d in zip(thin, _shares(kernel, len(thin)), _shares(dz, len(thin)), strict=True):
        dpart, dkernel = weigh_back(x * one, d, part, needs=needs)
        dkernels.append(dkernel)
        if dpart is not None:
            dx = dpart * one if dx is None else dx + dpart * one
    return dx, namespace(x).concat(dkernels, axis=-1) if "params" in needs else None


def rows(x: Array) -> Array:
    """x (..., F) as a matrix of rows of F numbers."""
    return x.reshape(-1, x.shape[-1])


def _shares(x: Array, count: int) -> list[Array]:
    """x cut along its last axis into equal parts."""
    size = x.shape[-1] // count
    return [x[..., i * size : (i + 1) * size] for i in range(count)]


def _thin(key: Array, rate: float, shape: tuple[int, ...], x: Array) -> Array | None:
    """0 where an input is dropped, 1 / (1 - rate) elsewhere."""
    if not rate:
        return None
    keep = random.uniform(key, shape) >= rate
    return namespace(x).asarray(keep, dtype=x.dtype) * (1 / (1 - rate))


_KINDS = {
    "activation": activations.get,
    "initializer": initializers.get,
    "regularizer": regularizers.get,
    "constraint": constraints.get,
}


def _setting(name: str, value: Any) -> Any:
    """A constructor's argument, checked by what its name says it is."""
    if name == "units":
        return positive_int(value, name)
    if name.endswith("dropout"):
        return fraction(value, name)
    return _KINDS.get(name.rpartition("_")[2], lambda same: same)(value)
