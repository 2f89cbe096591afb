"""Where weights begin, and what becomes of it.

    equal weights    all units of a layer compute the same and are corrected alike: they stay one unit for ever
    zeros and relu   every sum is 0, where relu has no slope: no correction gets through
    biases           begin at 0: random weights suffice to make units differ; under relu, random biases do so, too
    random weights   the spread decides: too small, and signals fade from layer to layer; too large, and they grow

Glorot keeps the size of signals both ways for functions like tanh, He forwards for relu, LeCun forwards for selu;
orthogonal weights keep the length of every vector.

Sources: Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS (2010);
He et al., "Delving deep into rectifiers", ICCV (2015); LeCun et al., "Efficient BackProp" (1998); Saxe, McClelland &
Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", ICLR (2014).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import positive_int
from ..layers import Dense
from ..random import key, keys_from
from ..sequential import Sequential
from .blocks import Block, Shown, Table
from .learning_speed import length
from .saturation import saturation
from .trace import trace


@dataclass(frozen=True)
class Start:
    """One network's training from one kind of first weights.

    name          of the initializer
    different     how many of the hidden units differ from all those before them, in the end
    units         how many there are
    dead          how many of them say 0 for every sample, in the end
    gradient      ‖dL/dW‖ of the hidden layer before the first step
    loss          (epochs,) on the training data
    accuracy      of the answers on the training data, in the end
    kernel        (I, units) in the end
    """

    name: str
    different: int
    units: int
    dead: int
    gradient: float
    loss: Array
    accuracy: float
    kernel: Array


@dataclass(frozen=True, repr=False)
class Starts(Shown):
    """Several trainings that differ in their first weights only."""

    activation: str
    runs: tuple[Start, ...]

    def blocks(self) -> list[Block]:
        rows = tuple(
            (r.name, f"{r.different} of {r.units}", f"{r.dead} of {r.units}", r.gradient, float(r.loss[-1]),
             f"{r.accuracy:.1%}")
            for r in self.runs
        )  # fmt: skip
        heads = ("first weights", "different units", "dead units", "first ‖dL/dW‖", "last loss", "right")
        return [Table(f"One hidden layer, {self.activation}", heads, rows)]


def try_starts(
    x: Any,
    y: Any,
    starts: Mapping[str, Any],
    *,
    units: int = 8,
    activation: str = "relu",
    epochs: int = 10,
    seed: int = 0,
) -> Starts:
    """Train a network of one hidden layer once from each kind of first weights, for both of its layers.

    x, y      (N, I) and (N,) whole numbers, the classes
    starts    by name: an initializer of the kernels; a pair, for kernels and for biases; or a list of arrays, the
              weights of a network that has learned before
    """
    positive_int(epochs, "try_starts: epochs")
    x, y = np.asarray(x), np.asarray(y)
    runs = []
    for name, start in starts.items():
        with keys_from(key(seed)):
            learned = isinstance(start, list)
            kernel, bias = start if isinstance(start, tuple) else ("zeros" if learned else start, "zeros")
            model = _network(x, y, kernel, 1, positive_int(units, "units"), activation, bias)
            if learned:
                model.set_weights(start)
            gradient = length({"W": trace(model, x, y).grads["hidden_1"]["kernel"]})
            loss = np.array(model.fit(x, y, epochs=epochs, verbose=0).history["loss"])
        kernel = model.layers[0].get_weights()[0]
        seen = trace(model, x)
        alive = np.abs(seen["hidden_1"].a).max(axis=0) > 0
        accuracy = float((seen.values[seen.outputs[0]].argmax(axis=1) == y).mean())
        runs.append(
            Start(name, different_columns(kernel), units, int((~alive).sum()), gradient, loss, accuracy, kernel)
        )
    return Starts(activation, tuple(runs))


def different_columns(kernel: Array, tolerance: float = 1e-5) -> int:
    """How many columns differ from all those before them.

    >>> different_columns(np.array([[1.0, 1.0, 2.0], [3.0, 3.0, 3.0]]))
    2
    """
    close = np.abs(kernel[:, :, None] - kernel[:, None, :]).max(axis=0) <= tolerance * max(np.abs(kernel).max(), 1e-30)
    return int(sum(not close[i, :i].any() for i in range(kernel.shape[1])))


@dataclass(frozen=True)
class Signal:
    """How large signals are in a deep network that has learned nothing yet.

    activation, gradient   (L,) standard deviation of what the units of each hidden layer say, and of dL/dz there
    flat                   share of the places of all hidden layers where the activation is flat
    loss                   (epochs,) of a training from there
    """

    name: str
    activation: Array
    gradient: Array
    flat: float
    loss: Array


@dataclass(frozen=True, repr=False)
class Signals(Shown):
    """Several kinds of first weights in one deep network."""

    function: str
    runs: tuple[Signal, ...]

    def blocks(self) -> list[Block]:
        depth = len(self.runs[0].activation)
        rows = tuple(
            (r.name, float(r.activation[0]), float(r.activation[-1]), float(r.gradient[-1]), float(r.gradient[0]),
             f"{r.flat:.0%}", float(r.loss[-1]))
            for r in self.runs
        )  # fmt: skip
        heads = ("first weights", "a, layer 1", f"a, layer {depth}", f"dL/dz, layer {depth}", "dL/dz, layer 1",
                 "flat", "loss after training")  # fmt: skip
        return [Table(f"{depth} hidden layers, {self.function}: standard deviations of the signals", heads, rows)]


def signals(
    x: Any,
    y: Any,
    initializers: Mapping[str, Any],
    *,
    depth: int = 10,
    width: int = 64,
    activation: str = "relu",
    epochs: int = 5,
    seed: int = 0,
) -> Signals:
    """How signals grow or fade through a deep network, forwards and back, for each kind of first weights.

    x, y           (N, I) and (N,) whole numbers, the classes
    initializers   by name; biases begin at 0
    """
    x, y, runs = np.asarray(x), np.asarray(y), []
    for name, initializer in initializers.items():
        with keys_from(key(seed)):
            model = _network(x, y, initializer, positive_int(depth, "depth"), width, activation)
            seen = trace(model, x, y)
            hidden = [seen[f"hidden_{i + 1}"] for i in range(depth)]
            flat = [layer.flat for layer in saturation(model, x).layers if layer.layer.startswith("hidden")]
            loss = np.array(model.fit(x, y, epochs=epochs, verbose=0).history["loss"])
        forward, back = (
            np.array([np.std(np.asarray(part, dtype=np.float64)) for part in parts])
            for parts in ([one.a for one in hidden], [one.dz for one in hidden])
        )
        runs.append(Signal(name, forward, back, float(np.mean(flat)), loss))
    return Signals(activation, tuple(runs))


def _network(
    x: Array, y: Array, initializer: Any, depth: int, width: int, activation: str, bias: Any = "zeros"
) -> Sequential:
    model, first = Sequential(), {"kernel_initializer": initializer, "bias_initializer": bias}
    for i in range(depth):
        shape: dict[str, Any] = {"input_shape": x.shape[1:]} if i == 0 else {}
        model.add(Dense(width, activation, name=f"hidden_{i + 1}", **first, **shape))
    model.add(Dense(int(y.max()) + 1, "softmax", name="output", **first))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model
