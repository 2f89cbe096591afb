"""The JAX engine: the plain step (step.py) compiled by XLA, and many steps of it in one call.

    compiled = Compiled(program)
    numbers, tallies, batches = compiled.train(numbers, tallies, data, …)

One compiled loop runs over data that lie on the device:

    while there are batches left and the loss is a number:
        numbers, tallies = train_step(program, numbers, tallies, data[order[i·B : (i+1)·B]], key, rates[i])

Where it begins, how many batches it takes, the order and the learning rates are arguments, as the data are: nothing is
compiled again from epoch to epoch, and one batch at a time or a thousand give the same bits. Only another batch size
(the short batch at an epoch's end) or data of other shapes make another loop.

A bundle stays on the device from call to call; who reads `model.numbers` is given NumPy arrays. A call reads one bundle
and makes the next: nothing is written into a bundle that somebody may still hold. Inside the loop XLA works in place.
"""

import importlib.util
import math
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..arrays import Array
from .batch import Batch
from .devices import Devices, Rows, precision
from .graph import Graph, Tree
from .mixed import rounded
from .passes import advance, forward
from .step import Numbers, Program, Tallies, eval_step, start_tallies, train_step

Samples = tuple[int, int]  # the first of some samples, and the one after the last


def why_not() -> str | None:
    """What is missing and how to get it; None where JAX is installed."""
    if importlib.util.find_spec("jax") is not None:
        return None
    return 'engine="jax" needs JAX, which is not installed: pip install "pellucid[jax]" (with a GPU: "jax[cuda13]").'


class Compiled:
    """A program that XLA has compiled, or will when the first batch comes."""

    def __init__(self, program: Program) -> None:
        import jax

        self.program, self._devices = program, Devices()
        traced = replace(program, graph=rounded(program.graph, program.watched))
        jit = partial(jax.jit, static_argnames=("size", "room"))
        self._learn = jit(partial(_learn, traced, self._devices.divide))
        self._look = jit(partial(_look, traced, self._devices.divide))
        self._pace: dict[Any, float] = {}  # seconds that a batch takes, for each loop; ∞ after the run that compiled it
        self._placed: weakref.WeakKeyDictionary[Any, Batch] = weakref.WeakKeyDictionary()

    def takes(self, numbers: Numbers, batch: Batch) -> bool:
        """Whether this engine computes with such arrays: with any."""
        return True

    def placed(self, source: Any, whole: Batch) -> Batch | None:
        """All samples of a source on the device, sent there once; None where they would take too much of it."""
        if source not in self._placed:
            if not self._devices.has_room_for(whole):
                return None
            _refuse_words((*whole.x, *whole.y))
            with precision(whole.x):
                self._placed[source] = self._devices.put_samples(whole)
        return self._placed[source]

    def train(
        self,
        numbers: Numbers,
        tallies: Tallies,
        data: Batch,
        order: Array | None,
        samples: Samples,
        batch_size: int,
        rates: Sequence[float],
        key: Array | None,
        seconds: float,
    ) -> tuple[Numbers, Tallies, int]:
        """Learn from samples[0] … samples[1], batch by batch, for about so many seconds.

        order    row numbers of data, of which the batches are slices; None: as the rows lie
        rates    the learning rate of each update; the last one stays
        key      of the whole training; None makes dropout stand aside

        Returns the next numbers and tallies, and how many batches it was: a short one comes alone. Where the loss
        stopped being a number, the tallies show it and the numbers are those before that batch.
        """
        with precision(numbers.params):
            given = self._devices.shared(numbers._replace(step=np.int32(numbers.step)))
            learn = partial(self._learn, given, tallies["measures"], data, order, key=key, rates=np.asarray(rates))
            new, measures, losses = self._run(learn, data, samples, batch_size, seconds)
            done = updates = len(losses["loss"])
            if not np.isfinite(losses["loss"][-1]):
                updates -= 1
                before = samples[0], samples[0] + updates * batch_size  # the same steps give the same bits again
                new = self._run(learn, data, before, batch_size, math.inf)[0] if updates else new
        tallies = _counted(tallies, measures, losses, min(batch_size, samples[1] - samples[0]))
        return new._replace(step=int(numbers.step) + updates) if updates else numbers, tallies, done

    def look(
        self, numbers: Numbers, tallies: Tallies, data: Batch, samples: Samples, batch_size: int, seconds: float
    ) -> tuple[Tallies, int]:
        """The tallies after looking at batches of samples[0] … samples[1], and how many it was; as `train`."""
        with precision(numbers.params):
            given = self._devices.shared(Numbers(numbers.params, numbers.state, {}, 0))
            look = partial(self._look, given, tallies["measures"], data)
            _, measures, losses = self._run(look, data, samples, batch_size, seconds)
        tallies = _counted(tallies, measures, losses, min(batch_size, samples[1] - samples[0]))
        return tallies, len(losses["loss"])

    def evaluate(self, numbers: Numbers, tallies: Tallies, data: Batch, batch_size: int) -> Tallies:
        """The tallies after looking at this batch too."""
        return self.look(numbers, tallies, data, (0, batch_size), batch_size, math.inf)[0]

    def _run(
        self, loop: Callable[..., Any], data: Batch, samples: Samples, batch_size: int, seconds: float
    ) -> tuple[Any, Any, dict[str, Array]]:
        """What the loop makes of the numbers; the measures, and each batch's share of the losses, on the host."""
        import jax

        _refuse_words((*data.x, *data.y))
        first, last = samples
        most, size = max(1, (last - first) // batch_size), min(batch_size, last - first)
        kind = loop.func, size, *(array.shape for array in (*data.x, *data.y))  # type: ignore[attr-defined]
        if self._devices.processes > 1:  # all must take the same batches at once
            seconds = math.inf
        enough = seconds / self._pace.get(kind, math.inf)
        count = min(most, max(1, int(enough))) if math.isfinite(seconds) else most
        start = time.perf_counter()
        with _explained():
            made, *seen = loop(
                first=np.int32(first), count=np.int32(count), size=size, room=max(1, len(data.x[0]) // size)
            )
            measures, losses, done = jax.tree.map(_wide, jax.device_get(seen))
        self._pace[kind] = (time.perf_counter() - start) / done if kind in self._pace else math.inf
        return made, measures, {name: each[:done] for name, each in losses.items()}


class Predictor:
    """The forward pass of a graph, compiled for each shape of its inputs."""

    def __init__(self, graph: Graph) -> None:
        import jax

        self.graph, self._devices = graph, Devices()
        self._run = jax.jit(partial(_predict, rounded(graph)))

    def predict(self, numbers: Numbers, x: tuple[Array, ...]) -> tuple[tuple[Array, ...], Numbers]:
        """The outputs for one batch, on the host, and the numbers after it: states that move in any pass have moved."""
        _refuse_words(x)
        x = tuple(a if a.dtype.isnative else a.astype(a.dtype.newbyteorder("=")) for a in x)  # XLA would not look
        with precision(numbers.params), _explained():
            outputs, state = self._run(*self._devices.shared((numbers.params, numbers.state)), x)
            return tuple(map(np.asarray, outputs)), numbers._replace(state=state) if self.graph.carries else numbers


# What is traced -----------------------------------------------------------------------------------


def _learn(
    program: Program,
    divide: Callable[[Batch], Batch],
    numbers: Numbers,
    measures: Any,
    data: Batch,
    order: Array | None,
    *,
    first: Array,
    count: Array,
    key: Array | None,
    rates: Array,
    size: int,
    room: int,
) -> tuple[Numbers, Any, dict[str, Array], Array]:
    """`count` steps on batches of that size, from sample `first` on; stops after one whose loss is not a number.

    Returns the numbers, the measures, each batch's share of each loss, and how many batches it was.
    """
    from jax import lax

    nothing = _no_losses(program, room)

    def goes_on(carry: Any) -> Array:
        return (carry[0] < count) & carry[-1]

    def one(carry: Any) -> Any:
        i, numbers, measures, losses, _ = carry
        batch = divide(_rows(data, order, first + i * size, size))
        rate = rates[lax.min(i, len(rates) - 1)]
        new, tallies = train_step(program, numbers, {"losses": nothing[0], "measures": measures}, batch, key, rate)
        total = tallies["losses"]["loss"]["total"]
        return i + 1, _like(numbers, new), *_noted(i, measures, losses, tallies), abs(total) < math.inf

    i, numbers, measures, losses, _ = lax.while_loop(goes_on, one, (0, numbers, measures, nothing[1], True))
    return numbers, measures, losses, i


def _look(
    program: Program,
    divide: Callable[[Batch], Batch],
    numbers: Numbers,
    measures: Any,
    data: Batch,
    *,
    first: Array,
    count: Array,
    size: int,
    room: int,
) -> tuple[None, Any, dict[str, Array], Array]:
    """The same without learning."""
    from jax import lax

    nothing = _no_losses(program, room)

    def one(i: Array, carry: Any) -> Any:
        measures, losses = carry
        batch = divide(_rows(data, None, first + i * size, size))
        tallies = eval_step(program, numbers, {"losses": nothing[0], "measures": measures}, batch)
        return _noted(i, measures, losses, tallies)

    return None, *lax.fori_loop(0, count, one, (measures, nothing[1])), count


def _predict(graph: Graph, params: Tree, state: Tree, x: tuple[Array, ...]) -> tuple[tuple[Array, ...], Tree]:
    values, caches = forward(graph, params, state, x, caching=False)
    return tuple(values[name] for name in graph.outputs), advance(graph, state, caches) if graph.carries else {}


def _no_losses(program: Program, room: int) -> tuple[dict[str, Any], dict[str, Array]]:
    """Tallies of the losses that begin at nothing, and room for the losses of so many batches."""
    import jax.numpy as jnp

    names = start_tallies(program)["losses"]
    return {name: {"total": 0.0, "count": 0} for name in names}, dict.fromkeys(names, jnp.zeros(room))


def _noted(i: Array, measures: Any, losses: dict[str, Array], tallies: Tallies) -> tuple[Any, dict[str, Array]]:
    """The measures and the losses with those of batch i."""
    found = {name: each.at[i].set(tallies["losses"][name]["total"]) for name, each in losses.items()}
    return _like(measures, tallies["measures"]), found


def _rows(data: Batch, order: Array | None, start: Array, size: int) -> Batch:
    """Samples start … start + size of the order."""
    import jax

    index = None if order is None else jax.lax.dynamic_slice_in_dim(order, start, size)

    def rows(array: Any) -> Array:
        if isinstance(array, Rows):
            return array.take(start + np.arange(size) if index is None else index)
        if index is None:
            return jax.lax.dynamic_slice_in_dim(array, start, size)
        return array.at[index].get(mode="promise_in_bounds")

    return jax.tree.map(rows, data, is_leaf=lambda array: isinstance(array, Rows))


def _like(old: Any, new: Any) -> Any:
    """The new arrays in the old ones' nesting and types, which a loop must keep; what is not among them stays."""
    import jax.numpy as jnp

    if isinstance(old, dict):
        return {name: _like(before, new[name]) if name in new else before for name, before in old.items()}
    if isinstance(old, Numbers):
        return Numbers(*map(_like, old, new))
    return jnp.asarray(new, dtype=old.dtype)


# On the host --------------------------------------------------------------------------------------


def _counted(tallies: Tallies, measures: Any, losses: dict[str, Array], size: int) -> Tallies:
    """The tallies with these batches more; the sums of the losses are float64, as on NumPy."""
    found = {}
    for name, was in tallies["losses"].items():  # in their order, which JAX does not keep
        each = losses[name]
        total = np.cumsum([was["total"], *each], dtype=np.float64)[-1]  # one after another, however many came together
        found[name] = {"total": total, "count": was["count"] + len(each) * size}
    return {"losses": found, "measures": measures}


def _wide(array: Array) -> Array:
    """Floats as float64, the type of tallies on the host."""
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _refuse_words(arrays: Iterable[Array]) -> None:
    """XLA has no type for words, nor for Python's objects."""
    for array in arrays:
        if array.dtype.kind in "OSTU":
            raise TypeError(
                f'engine="jax" computes with numbers, and the data hold words or other objects (dtype {array.dtype}, '
                f"shape {array.shape}). Take the layer that looks words up (StringLookup, TextVectorization, …) out of "
                'the model and call it on the data first; or compile with engine="numpy".'
            )


@contextmanager
def _explained() -> Iterator[None]:
    """Say what to do when a function of the user's cannot be traced."""
    import jax

    try:
        yield
    except jax.errors.JAXTypeError as error:
        raise TypeError(
            'engine="jax" compiles whole steps, and something in this model works on NumPy arrays only, or asks for '
            "values while it is compiled. Write it with array methods, operators or jax.numpy, or compile with "
            f'engine="numpy". ({str(error).splitlines()[0]})'
        ) from error
