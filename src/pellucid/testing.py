"""Checks for layers, ours and yours: is backward really the derivative of forward?

    check_gradients(forward, backward, arrays)    any pair of formulas
    check_layer(Dense(3), (4, 5))                 everything that a layer promises

The judges are central differences and, where they are installed, two that none of us wrote:
`torch.autograd.gradcheck` and `jax.test_util.check_vjp`; `keras_parity` asks Keras itself.
The upstream gradient dy is always random: all ones would hide a softmax backward that is
seven times too big.
"""

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from .arrays import Array
from .layers.input import Input
from .layers.layer import Layer
from .layers.table import deserialize, serialize
from .model import Model
from .random import fold_in, key
from .saving import load_model
from .tree import leaves, tree_map

JUDGES = ("differences", "jax", "torch")

Forward = Callable[..., Array]
Backward = Callable[..., Sequence[Array]]


def check_gradients(
    forward: Forward,
    backward: Backward,
    arrays: Sequence[Any],
    *,
    seed: int = 0,
    step: float = 1e-6,
    tolerance: float = 1e-6,
    judges: Sequence[str] = JUDGES,
) -> dict[str, float]:
    """Compare a written-out backward with what forward says, in float64.

    Args:
        forward: forward(*arrays) -> y, over the arrays' own namespace.
        backward: backward(*arrays, dy) -> dL/darray for each array.
        arrays: where to compare; converted to float64. Keep away from kinks (relu at 0).
        seed: of the random dy.
        step: of the central differences, in units of the arrays.
        tolerance: largest error allowed, relative to the largest gradient (but at least 1).
        judges: out of "differences", "jax" and "torch"; those that are not installed are passed over.

    Returns the largest error found by differences, by array number and as "judged by".

    Raises AssertionError when they differ, with the place and both numbers.

    >>> errors = check_gradients(lambda x: x * x, lambda x, dy: [2 * x * dy], [np.array([1.0, 2.0])])
    >>> check_gradients(lambda x: x * x, lambda x, dy: [2.001 * x * dy], [np.array([1.0, 2.0])])
    Traceback (most recent call last):
    AssertionError: array 0, place (1,): backward says ..., central differences say ...
    """
    arrays = [np.asarray(array, dtype=np.float64) for array in arrays]
    for array in arrays:
        array.setflags(write=False)  # a formula that changes what it was given stops here
    dy = np.random.default_rng(seed).normal(size=np.shape(forward(*arrays)))
    found = [np.asarray(grad) for grad in backward(*arrays, dy)]
    errors = {}
    for i, (array, grad) in enumerate(zip(arrays, found, strict=True)):
        expected = _differences(forward, arrays, i, dy, step)
        errors[f"array {i}"] = _compare(grad, expected, tolerance, f"array {i}", array.shape)
    if "jax" in judges and _installed("jax"):
        _judge_by_jax(forward, backward, arrays, tolerance)
    if "torch" in judges and _installed("torch"):
        _judge_by_torch(forward, backward, arrays, tolerance)
    return errors


def _differences(forward: Forward, arrays: Sequence[np.ndarray], which: int, dy: np.ndarray, step: float) -> np.ndarray:
    """dL/darray for L = Σ y · dy, by moving one number at a time a little both ways."""
    slope = np.zeros_like(arrays[which])
    for place in np.ndindex(*slope.shape):
        sums = []
        for way in (step, -step):
            moved = arrays[which].copy()
            moved[place] += way
            sums.append(np.sum(np.asarray(forward(*arrays[:which], moved, *arrays[which + 1 :])) * dy))
        slope[place] = (sums[0] - sums[1]) / (2 * step)
    return slope


def _compare(found: np.ndarray, expected: np.ndarray, tolerance: float, what: str, shape: tuple[int, ...]) -> float:
    assert found.shape == shape, f"{what}: backward gives a gradient shaped {found.shape} for an array shaped {shape}."
    if not found.size:
        return 0.0
    error = np.abs(found - expected)
    place = tuple(int(i) for i in np.unravel_index(np.nanargmax(np.where(np.isnan(error), np.inf, error)), error.shape))
    largest = float(error[place])
    assert largest <= tolerance * max(1.0, float(np.abs(expected).max())), (
        f"{what}, place {place}: backward says {found[place]:.8g}, central differences say {expected[place]:.8g}."
    )
    return largest


def _installed(module: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(module) is not None


def _judge_by_jax(forward: Forward, backward: Backward, arrays: Sequence[np.ndarray], tolerance: float) -> None:
    import jax
    from jax.test_util import check_vjp

    def with_backward(*given: Any) -> Any:
        return forward(*given), lambda dy: tuple(backward(*given, dy))

    with jax.enable_x64(True):
        check_vjp(
            forward, with_backward, tuple(map(jax.numpy.asarray, arrays)), atol=tolerance, rtol=tolerance, eps=1e-6
        )


def _judge_by_torch(forward: Forward, backward: Backward, arrays: Sequence[np.ndarray], tolerance: float) -> None:
    import torch

    class Pair(torch.autograd.Function):  # type: ignore[misc,unused-ignore]  # torch's own base class
        @staticmethod
        def forward(context: Any, *given: Any) -> Any:
            context.given = [array.detach().numpy() for array in given]
            return torch.from_numpy(np.array(forward(*context.given)))

        @staticmethod
        def backward(context: Any, dy: Any) -> Any:
            return tuple(torch.from_numpy(np.array(grad)) for grad in backward(*context.given, dy.numpy()))

    given = [torch.tensor(array, requires_grad=True) for array in arrays]
    assert torch.autograd.gradcheck(Pair.apply, given, atol=tolerance, rtol=1e-4), "torch.autograd.gradcheck disagrees."


def check_layer(
    layer: Layer,
    *sample_shapes: tuple[int, ...],
    batch: int = 3,
    training: bool = True,
    inputs: Sequence[Any] | None = None,
    whole_numbers: bool = False,
    seed: int = 0,
    tolerance: float = 1e-6,
    judges: Sequence[str] = JUDGES,
) -> None:
    """Check everything that a layer promises.

    - its output has the shape that `compute_output_shape` says, and its input's float type
    - backward is the derivative of forward, for inputs and parameters, judged as in `check_gradients`
    - the same formulas under `jax.jit` give the same numbers
    - nothing that it was given is changed
    - its settings survive JSON, its weights a file
    - outside training, one sample's output does not depend on the others in the batch

    Args:
        layer: a fresh one.
        sample_shapes: shape of one sample of each input, without the batch axis.
        batch: samples in the batch.
        training: whether gradients are checked as in training (batch statistics, dropout with a fixed key).
        inputs: the inputs, when random numbers would not do.
        whole_numbers: the inputs are indices; no gradient is asked for them.

    Raises AssertionError, saying which promise is broken.

    >>> from pellucid.layers import Dense
    >>> check_layer(Dense(2), (4,), judges=["differences"])
    """
    draw = np.random.default_rng(seed)
    shapes = [(batch, *shape) for shape in sample_shapes]
    xs = (
        [np.asarray(x) for x in inputs]
        if inputs is not None
        else [_spread(draw, n) + i / 97 for i, n in enumerate(shapes)]
    )
    layer.build([(None, *x.shape[1:]) for x in xs] if len(xs) > 1 else (None, *xs[0].shape[1:]))
    numbers = layer.numbers
    params = {name: _spread(draw, array.shape) * 0.7 for name, array in numbers.params.items()}
    state = tree_map(lambda array: np.abs(_spread(draw, array.shape)) + 0.1, numbers.state)
    run = _Run(layer, state, fold_in(key(seed), 1), training)

    _check_shapes(run, params, xs, whole_numbers)
    _check_backward(run, params, xs, whole_numbers, seed, tolerance, judges)
    if "jax" in judges and _installed("jax"):
        _check_jit(run, params, xs)
    _check_neighbours(run, params, xs)
    _check_settings(run, params, xs)
    _check_file(layer, xs)


def _spread(draw: np.random.Generator, shape: Any) -> np.ndarray:
    """Random numbers that keep away from 0 and from each other, where kinks and ties are."""
    size = int(np.prod(shape))
    values = np.linspace(0.117, 1.531, size) * draw.choice([-1.0, 1.0], size)
    return draw.permutation(values).reshape(shape)


class _Run:
    """A layer with the extra inputs that it declared."""

    def __init__(self, layer: Layer, state: Any, random_key: Any, training: bool) -> None:
        self.layer = layer
        self.given = {"key": random_key if training else None, "state": state, "training": training, "mask": None}

    def forward(self, params: Any, *xs: Any, **changed: Any) -> tuple[Any, Any]:
        extras = {want: {**self.given, **changed}[want] for want in self.layer.wants}
        return self.layer.forward(params, *xs, **extras)

    def outputs(self, params: Any, *xs: Any, **changed: Any) -> list[Any]:
        y, _ = self.forward(params, *xs, **changed)
        return list(y) if isinstance(y, tuple | list) else [y]

    def backward(self, params: Any, xs: Sequence[Any], dys: Sequence[Any]) -> tuple[list[Any], Any]:
        _, cache = self.forward(params, *xs)
        dx, grads = self.layer.backward(params, cache, dys[0] if len(dys) == 1 else tuple(dys))
        return list(dx) if isinstance(dx, tuple) else [dx], grads


def _check_shapes(run: _Run, params: Any, xs: Sequence[Any], whole_numbers: bool) -> None:
    promised = run.layer.compute_output_shape(*((None, *x.shape[1:]) for x in xs))
    promised = promised if isinstance(promised, list) else [promised]
    for dtype in (np.float32, np.float64):
        cast = partial(np.asarray, dtype=dtype)
        given = [x if whole_numbers else cast(x) for x in xs]
        outputs = run.outputs(tree_map(cast, params), *given, state=tree_map(cast, run.given["state"]))
        for y, shape in zip(outputs, promised, strict=True):
            fits = len(shape) == y.ndim and all(n is None or n == m for n, m in zip(shape, y.shape, strict=True))
            assert fits, f"{run.layer.name}: compute_output_shape says {shape}, the output is shaped {y.shape}."
            assert y.dtype == dtype, f"{run.layer.name}: {np.dtype(dtype)} in, {y.dtype} out."


def _check_backward(
    run: _Run, params: Any, xs: Sequence[Any], whole_numbers: bool, seed: int, tolerance: float, judges: Sequence[str]
) -> None:
    names, inputs = list(params), 0 if whole_numbers else len(xs)
    sizes = [y.shape for y in run.outputs(params, *xs)]

    def unpack(arrays: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
        return dict(zip(names, arrays[inputs:], strict=True)), arrays[:inputs] if inputs else xs

    def forward(*arrays: Any) -> Any:
        outputs = run.outputs(unpack(arrays)[0], *unpack(arrays)[1])
        xp = outputs[0].__array_namespace__()
        return xp.concat([y.reshape(-1) for y in outputs])  # several outputs as one long row

    def backward(*arrays: Any) -> list[Any]:
        own, given = unpack(arrays[:-1])
        ends = np.cumsum([0, *(int(np.prod(size)) for size in sizes)])
        dys = [arrays[-1][a:b].reshape(n) for a, b, n in zip(ends[:-1], ends[1:], sizes, strict=True)]
        dxs, grads = run.backward(own, given, dys)
        return [*dxs[:inputs], *(grads[name] for name in names)]

    arrays = [*xs[:inputs], *params.values()]
    if arrays:
        check_gradients(forward, backward, arrays, seed=seed, tolerance=tolerance, judges=judges)


def _check_jit(run: _Run, params: Any, xs: Sequence[Any]) -> None:
    import jax

    with jax.enable_x64(True):
        to_jax = jax.numpy.asarray
        state, random_key = tree_map(to_jax, run.given["state"]), run.given["key"]
        random_key = None if random_key is None else to_jax(random_key)

        def forward(params: Any, *given: Any) -> Any:
            return tuple(run.outputs(params, *given, state=state, key=random_key))

        compiled = jax.jit(forward)(tree_map(to_jax, params), *map(to_jax, xs))
        for ours, theirs in zip(run.outputs(params, *xs), compiled, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11, err_msg=f"{run.layer.name} under jax.jit")


def _check_neighbours(run: _Run, params: Any, xs: Sequence[Any]) -> None:
    together = run.outputs(params, *xs, training=False, key=None)
    alone = run.outputs(params, *(x[:1] for x in xs), training=False, key=None)
    for whole, one in zip(together, alone, strict=True):
        np.testing.assert_allclose(
            whole[:1], one, rtol=1e-9, atol=1e-12, err_msg=f"{run.layer.name}: a sample depends on its neighbours"
        )


def _check_settings(run: _Run, params: Any, xs: Sequence[Any]) -> None:
    """A layer made from the JSON of the settings computes the same."""
    twin = deserialize(json.loads(json.dumps(serialize(run.layer))))
    assert twin.get_config() == run.layer.get_config(), f"{run.layer.name}: get_config changes on its way through JSON."
    again = _Run(twin, run.given["state"], run.given["key"], bool(run.given["training"]))
    for ours, theirs in zip(run.outputs(params, *xs), again.outputs(params, *xs), strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=f"{run.layer.name}: from_config(get_config()) differs")


def _check_file(layer: Layer, xs: Sequence[Any]) -> None:
    """A model of this layer alone comes back from a file with the same weights and outputs."""
    entries = [Input(x.shape[1:], dtype=str(x.dtype)) for x in xs]
    twin = deserialize(serialize(layer))
    model = Model(entries, twin(entries if len(entries) > 1 else entries[0]))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "layer.keras")
        model.save(path)
        loaded = load_model(path)
    for (name, before), (_, after) in zip(leaves(model.numbers.params), leaves(loaded.numbers.params), strict=True):
        np.testing.assert_array_equal(before, after, err_msg=f"{'/'.join(name)} changed on its way through a file")


def keras_parity(
    layer: Layer, *sample_shapes: tuple[int, ...], batch: int = 4, training: bool = False, seed: int = 0
) -> float:
    """The largest difference between this layer's output and that of Keras's layer of the same settings and weights.

    Needs Keras. Relative to the largest output, but at least 1.
    """
    import keras

    draw = np.random.default_rng(seed)
    xs = [draw.normal(size=(batch, *shape)).astype(np.float32) for shape in sample_shapes]
    twin = keras.layers.deserialize(json.loads(json.dumps(serialize(layer))))
    given = xs if len(xs) > 1 else xs[0]
    layer(given)
    twin(given)
    weights = [draw.normal(size=w.shape).astype(np.float32) * 0.5 for w in layer.weights]
    weights = [
        np.abs(w) + 0.1 if view.path.endswith("variance") else w for w, view in zip(weights, layer.weights, strict=True)
    ]
    layer.set_weights(weights)
    twin.set_weights(weights)
    flags = {"training": training} if training else {}
    theirs = np.asarray(twin(given, **flags))
    ours = np.asarray(layer(given, training=training))
    return float(np.abs(ours - theirs).max() / max(1.0, float(np.abs(theirs).max())))
