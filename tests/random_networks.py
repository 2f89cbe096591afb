"""Random networks, each written as the program that builds it, with data to learn from.

    python tests/random_networks.py 137     prints the program of network 137

The same number gives the same program. Its values x0, x1, … are made one after another, each by a layer on one value or
several that are there; the last ones become the outputs.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from pellucid import Input, Model, constraints, layers, optimizers, regularizers
from pellucid.backend import clear_session

Shape = tuple[int, ...]
Step = Callable[["Draft", Shape], "str | None"]

WORDS = 9  # that an Embedding knows
LARGEST = 400  # numbers of one sample in a value: networks stay small
ACTIVATIONS = (
    "relu", "tanh", "sigmoid", "linear", "elu", "selu", "gelu", "silu", "softplus", "leaky_relu", "hard_sigmoid",
    "softmax", "mish", "softsign", "exponential", "relu6", "celu", "log_sigmoid", "hard_tanh", "squareplus",
)  # fmt: skip


class Network(NamedTuple):
    """A program, and what it learns from: arrays, or lists of them for several inputs or outputs."""

    program: str
    x: Any
    y: Any
    sample_weight: Any
    batch_size: int

    def build(self) -> tuple[Any, Callable[..., None]]:
        """The model with the same first weights each time, and the function that compiles it: see `_compile`."""
        clear_session()  # so that its layers get the same names each time
        names = dict(_NAMES)
        exec(self.program, names)
        model = names["model"]
        draw = np.random.default_rng(0)
        model.set_weights([w + draw.uniform(0, 0.2, w.shape).astype(w.dtype) for w in model.get_weights()])
        return model, names["compile_for"]


class Draft:
    """A network on its way: the lines so far, and the values that they have made."""

    def __init__(self, seed: int) -> None:
        self.draw = np.random.default_rng(seed)
        self.lines: list[str] = []
        self.names: dict[str, Any] = dict(_NAMES)
        self.values: list[str] = []
        self.unread: list[str] = []  # the values that no layer has read yet
        self.shared: dict[Any, str] = {}

    def line(self, text: str) -> None:
        exec(text, self.names)
        self.lines.append(text)

    def value(self, text: str, *reads: str) -> None:
        """A line for one more value, made from others; none where the layer leaves nothing of them, or too much."""
        name = f"x{len(self.values)}"
        before = dict(self.names)
        self.line(f"{name} = {text}")
        shape = self.shape(name)
        if 0 in shape or int(np.prod(shape)) > LARGEST:
            self.names = before
            self.lines.pop()
        else:
            self.values.append(name)
            self.unread = [each for each in self.unread if each not in reads] + [name]

    def shape(self, name: str) -> Shape:
        return tuple(self.names[name].shape[1:])

    def one_of(self, these: Sequence[Any]) -> Any:
        return these[int(self.draw.integers(len(these)))]

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both among them."""
        return int(self.draw.integers(low, high + 1))

    def coin(self, share: float = 0.5) -> bool:
        return bool(self.draw.random() < share)

    def together(self, layer: str) -> str:
        """The layer, or the name of one like it that the network has already: then they share their weights."""
        if self.coin(0.7):
            return layer
        if layer not in self.shared:
            self.shared[layer] = f"shared{len(self.shared)}"
            self.line(f"{self.shared[layer]} = {layer}")
        return self.shared[layer]


_NAMES = {
    "Input": Input, "Model": Model, "layers": layers, "optimizers": optimizers, "regularizers": regularizers,
    "constraints": constraints,
}  # fmt: skip


# Layers, by the axes that a sample has -----------------------------------------------------------

ANY: list[Step] = []
VECTORS: list[Step] = []
SERIES: list[Step] = []
IMAGES: list[Step] = []
VOLUMES: list[Step] = []
OF_RANK = {1: VECTORS, 2: SERIES, 3: IMAGES, 4: VOLUMES}


def step(*tables: list[Step]) -> Callable[[Step], Step]:
    """Note a function that writes a layer for a value of this shape, or None where there is none for it."""

    def note(write: Step) -> Step:
        for table in tables:
            table.append(write)
        return write

    return note


@step(ANY, VECTORS)
def dense(d: Draft, shape: Shape) -> str:
    extra = d.one_of(
        [
            "",
            "",
            ", kernel_regularizer=regularizers.L2(0.01)",
            ", bias_regularizer='l1'",
            ", kernel_constraint=constraints.MaxNorm(1.5)",
            ", activity_regularizer='l2'",
        ]
    )
    return f"layers.Dense({d.whole(1, 7)}, activation={d.one_of(ACTIVATIONS)!r}, use_bias={d.coin()}{extra})"


@step(VECTORS)
def dense_together(d: Draft, shape: Shape) -> str:
    return d.together(f"layers.Dense({shape[0]}, activation='tanh')")


@step(ANY)
def activation(d: Draft, shape: Shape) -> str:
    return f"layers.Activation({d.one_of(ACTIVATIONS)!r})"


@step(ANY)
def activation_layer(d: Draft, shape: Shape) -> str:
    return "layers." + d.one_of(
        [
            "PReLU()",
            f"PReLU(shared_axes=[{d.whole(1, len(shape))}])",
            "LeakyReLU(0.2)",
            "ReLU(max_value=1.5, negative_slope=0.1)",
            "ELU(0.7)",
            f"Softmax(axis={-d.whole(1, len(shape))})",
        ]
    )


@step(ANY)
def normalization(d: Draft, shape: Shape) -> str:
    parts = f"center={d.coin()}, scale={d.coin()}"
    axes = d.one_of([-1, -1, -1, d.whole(1, len(shape))])
    return "layers." + d.one_of(
        [
            f"BatchNormalization({parts}, momentum=0.8)",
            f"BatchNormalization({parts}, axis={axes}, epsilon=0.01)",
            f"LayerNormalization({parts}, axis={axes}, epsilon=0.01)",
            "RMSNormalization(epsilon=0.01)",
            f"GroupNormalization({d.one_of([1, shape[-1]])}, epsilon=0.01)"
            if len(shape) > 1
            else "UnitNormalization()",
        ]
    )


@step(ANY)
def noise(d: Draft, shape: Shape) -> str:
    names = ["Dropout(0.3)", "GaussianNoise(0.1)", "GaussianDropout(0.2)", "AlphaDropout(0.2)"]
    spatial = {2: ["SpatialDropout1D(0.3)"], 3: ["SpatialDropout2D(0.3)"]}
    return "layers." + d.one_of(names + spatial.get(len(shape), []))


@step(ANY)
def scaled(d: Draft, shape: Shape) -> str:
    return d.one_of(
        ["layers.Rescaling(0.5, offset=0.1)", "layers.Identity()", "layers.ActivityRegularization(l2=0.01)"]
    )


@step(SERIES, IMAGES, VOLUMES)
def flattened(d: Draft, shape: Shape) -> str:
    return "layers.Flatten()"


@step(ANY)
def reshaped(d: Draft, shape: Shape) -> str | None:
    size, rank = int(np.prod(shape)), d.whole(1, 4)
    made = []
    for _ in range(rank - 1):
        made.append(d.one_of([n for n in range(1, size + 1) if size % n == 0]))
        size //= made[-1]
    return f"layers.Reshape({(*made, size)})"


@step(SERIES, IMAGES)
def permuted(d: Draft, shape: Shape) -> str:
    return f"layers.Permute({tuple(int(axis) + 1 for axis in d.draw.permutation(len(shape)))})"


@step(VECTORS)
def repeated(d: Draft, shape: Shape) -> str:
    return f"layers.RepeatVector({d.whole(2, 4)})"


@step(VECTORS, SERIES)
def nested(d: Draft, shape: Shape) -> str:
    """A model as a layer, which the network may call more than once."""
    if ("model", shape) not in d.shared:
        name = d.shared["model", shape] = f"inner{len(d.shared)}"
        d.line(f"{name}_in = Input({shape})")
        d.line(f"{name}_mid = layers.Dense(3, activation='tanh')({name}_in)")
        d.line(f"{name} = Model({name}_in, layers.Add()([layers.Dense({shape[-1]})({name}_mid), {name}_in]))")
    return d.shared["model", shape]


def _window(d: Draft, shape: Shape) -> str | None:
    """Size, strides, padding and dilation of a window that fits."""
    axes = len(shape) - 1
    size = tuple(d.whole(1, 3) for _ in range(axes))
    stride, dilation = d.one_of([(1, 1), (1, 1), (1, 2), (2, 1), (3, 1)])
    paddings = ["same", "valid"] + (["causal"] if axes == 1 else [])
    padding = d.one_of(paddings)
    if padding == "valid" and any((k - 1) * dilation + 1 > n for k, n in zip(size, shape, strict=False)):
        return None
    several = size if axes > 1 else size[0]
    return f"{several}, strides={stride}, padding={padding!r}, dilation_rate={dilation}"


@step(SERIES, SERIES, IMAGES, IMAGES, IMAGES, VOLUMES)
def convolution(d: Draft, shape: Shape) -> str | None:
    window, axes = _window(d, shape), len(shape) - 1
    if window is None:
        return None
    groups = d.one_of([n for n in range(1, shape[-1] + 1) if shape[-1] % n == 0])
    filters = groups * d.whole(1, 3)
    return (
        f"layers.Conv{axes}D({filters}, {window}, groups={groups}, activation={d.one_of(ACTIVATIONS)!r}, "
        f"use_bias={d.coin()})"
    )


@step(SERIES, IMAGES)
def convolution_together(d: Draft, shape: Shape) -> str:
    return d.together(f"layers.Conv{len(shape) - 1}D({shape[-1]}, 3, padding='same', activation='relu')")


@step(SERIES, IMAGES)
def depthwise(d: Draft, shape: Shape) -> str | None:
    window, axes = _window(d, shape), len(shape) - 1
    if window is None or "causal" in window or (axes == 2 and "strides=1" not in window and "rate=1" not in window):
        return None
    if d.coin():
        return f"layers.DepthwiseConv{axes}D({window}, depth_multiplier={d.whole(1, 2)}, use_bias={d.coin()})"
    return f"layers.SeparableConv{axes}D({d.whole(1, 4)}, {window}, activation={d.one_of(ACTIVATIONS)!r})"


@step(SERIES, IMAGES, VOLUMES)
def transposed(d: Draft, shape: Shape) -> str:
    padding = d.one_of(["same", "valid"])
    return (
        f"layers.Conv{len(shape) - 1}DTranspose({d.whole(1, 3)}, {d.whole(1, 3)}, strides={d.whole(1, 2)}, "
        f"padding={padding!r}, use_bias={d.coin()})"
    )


@step(SERIES, IMAGES, IMAGES, VOLUMES)
def pooled(d: Draft, shape: Shape) -> str | None:
    axes, size = len(shape) - 1, d.whole(1, 3)
    padding = d.one_of(["same", "valid"])
    if padding == "valid" and min(shape[:-1]) < size:
        return None
    kind = d.one_of(["Max", "Average"])
    return f"layers.{kind}Pooling{axes}D({size}, strides={d.one_of([None, 1, 2])}, padding={padding!r})"


@step(SERIES, IMAGES, VOLUMES)
def pooled_whole(d: Draft, shape: Shape) -> str:
    kind = d.one_of(["Max", "Average"])
    return f"layers.Global{kind}Pooling{len(shape) - 1}D(keepdims={d.coin(0.2)})"


@step(SERIES, IMAGES)
def resized(d: Draft, shape: Shape) -> str | None:
    axes = len(shape) - 1
    if d.coin(0.4):
        return f"layers.UpSampling{axes}D(2)"
    if d.coin():
        return f"layers.ZeroPadding{axes}D({(1, 2) if axes == 1 else ((1, 0), (0, 2))})"
    return f"layers.Cropping{axes}D({(1, 0) if axes == 1 else ((1, 0), (0, 1))})" if min(shape[:-1]) > 2 else None


def _recurrent(d: Draft, units: int) -> str:
    kind = d.one_of(["SimpleRNN", "LSTM", "GRU"])
    extra = d.one_of(["", "", "", ", go_backwards=True", ", use_bias=False", ", recurrent_activation='hard_sigmoid'"])
    if kind == "SimpleRNN" and "recurrent_activation" in extra:
        extra = ", activation='relu'"
    if kind == "GRU" and d.coin(0.4):
        extra += ", reset_after=False"
    if d.coin(0.15):
        extra += ", dropout=0.2"
    return f"layers.{kind}({units}, return_sequences={d.coin(0.6)}{extra})"


@step(SERIES, SERIES, SERIES, SERIES)
def recurrent(d: Draft, shape: Shape) -> str:
    return _recurrent(d, d.whole(1, 5))


@step(SERIES)
def recurrent_together(d: Draft, shape: Shape) -> str:
    return d.together(f"layers.{d.one_of(['GRU', 'LSTM'])}({shape[-1]}, return_sequences=True)")


@step(SERIES)
def both_ways(d: Draft, shape: Shape) -> str:
    inner = _recurrent(d, d.whole(1, 4)).replace(", go_backwards=True", "")
    return f"layers.Bidirectional({inner}, merge_mode={d.one_of(['concat', 'sum', 'ave', 'mul'])!r})"


@step(SERIES, IMAGES)
def each_step(d: Draft, shape: Shape) -> str:
    inner = dense(d, shape[1:]) if len(shape) == 2 else f"layers.Conv1D({d.whole(1, 3)}, 2, padding='same')"
    return f"layers.TimeDistributed({inner})"


@step(IMAGES)
def recurrent_convolution(d: Draft, shape: Shape) -> str:
    padding = d.one_of(["same", "valid"]) if shape[1] > 1 else "same"
    return f"layers.ConvLSTM1D({d.whole(1, 3)}, {d.whole(1, 2)}, padding={padding!r}, return_sequences={d.coin()})"


@step(SERIES)
def stacked(d: Draft, shape: Shape) -> str:
    kinds = [f"layers.{d.one_of(['SimpleRNNCell', 'LSTMCell', 'GRUCell'])}({d.whole(1, 4)})" for _ in range(2)]
    return f"layers.RNN([{', '.join(kinds)}], return_sequences={d.coin()})"


@step(VECTORS, SERIES)
def rarer(d: Draft, shape: Shape) -> str:
    units = d.whole(1, 4)
    options = [f"SpectralNormalization(layers.Dense({units}))"]
    if len(shape) == 2:
        options += [
            f"EinsumDense('abc,cd->abd', output_shape=(None, {units}), bias_axes='d')",
            f"AdaptiveAveragePooling1D({min(shape[0], 2)})",
        ]
    return f"layers.{d.one_of(options)}"


@step(SERIES)
def masked(d: Draft, shape: Shape) -> str:
    return "layers.Masking(0.0)"


def _attention(d: Draft, x: str) -> str:
    kind = d.one_of(["MultiHeadAttention(2, 3)", "Attention(use_scale=True)", "AdditiveAttention()"])
    causal = f", use_causal_mask={d.coin()}"
    return f"layers.{kind}({x}, {x}{causal})" if "Multi" in kind else f"layers.{kind}([{x}, {x}]{causal})"


# A whole network ---------------------------------------------------------------------------------

MERGES = ("Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Subtract")


def network(seed: int) -> Network:
    """The network of this number, with its data."""
    d = Draft(seed)
    inputs = _inputs(d)
    for _ in range(d.whole(3, 10)):
        _grow(d)
    outputs, losses = _outputs(d)
    d.line(f"model = Model({_one_or_list(inputs)}, {_one_or_list(outputs)})")
    _compile(d, losses)
    samples = d.whole(5, 13)
    x = [_input_data(d, name, samples) for name in inputs]
    y = [_target_data(d, loss, (samples, *d.shape(name))) for name, loss in zip(outputs, losses, strict=True)]
    weights = [d.draw.random(samples).astype("float32") for _ in outputs] if d.coin(0.4) else None
    return Network("\n".join(d.lines), *(_alone(each) for each in (x, y, weights)), d.whole(2, 6))


def _alone(arrays: list[Any] | None) -> Any:
    return arrays[0] if arrays is not None and len(arrays) == 1 else arrays


def _one_or_list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _inputs(d: Draft) -> list[str]:
    kind, count = d.one_of(["vector", "series", "image", "words"]), d.whole(1, 2)
    time, rows, columns = d.whole(3, 6), d.whole(4, 9), d.whole(4, 9)
    inputs = []
    for _ in range(count):
        if kind == "words":
            d.value(f"Input(({time},), dtype='int32')")
        elif kind == "vector":
            d.value(f"Input(({d.whole(1, 8)},))")
        elif kind == "series":
            d.value(f"Input(({time}, {d.whole(1, 5)}))")
        else:
            d.value(f"Input(({rows}, {columns}, {d.whole(1, 3)}))")
        inputs.append(d.values[-1])
    if kind == "words":
        embedding = d.together(f"layers.Embedding({WORDS}, {d.whole(2, 4)}, mask_zero={d.coin(0.7)})")
        for name in inputs:
            d.value(f"{embedding}({name})", name)
    return inputs


def _whole_numbers(d: Draft, name: str) -> bool:
    return str(d.names[name].dtype).startswith("int")


def _grow(d: Draft) -> None:
    """One more layer, on a value or on several."""
    values = [name for name in d.values if not _whole_numbers(d, name)]
    ends = [name for name in d.unread if name in values]
    x = d.one_of(ends if ends and d.coin(0.85) else values)  # a chain with branches, few of which lead nowhere
    shape = d.shape(x)
    alike = [name for name in values if d.shape(name) == shape]
    if len(alike) > 1 and d.coin(0.3):
        merge = d.one_of(MERGES)
        count = 2 if merge == "Subtract" else d.whole(2, min(3, len(alike)))
        chosen = [alike[int(i)] for i in d.draw.choice(len(alike), size=count, replace=False)]
        d.value(f"layers.{merge}()([{', '.join(chosen)}])", *chosen)
    elif len(shape) == 2 and d.coin(0.08):
        d.value(_attention(d, x), x)
    elif d.coin(0.05):
        d.value(d.one_of([f"{x} / 2.0", f"1.0 - {x}", f"abs({x})", f"{x} / ({x} * {x} + 1.0)", f"{x}[:, 1:]"]), x)
    elif len(shape) == 1 and len(alike) > 1 and d.coin(0.1):
        d.value(f"layers.Dot(axes=1, normalize={d.coin()})([{alike[0]}, {alike[-1]}])", alike[0], alike[-1])
    else:
        write = d.one_of(ANY if d.coin(0.35) else OF_RANK[len(shape)])
        layer = write(d, shape)
        if layer is not None:
            d.value(f"{layer}({x})", x)


LOSSES = {  # each with the activation of the layer before it
    "mse": "linear", "mae": "tanh", "huber": "linear", "log_cosh": "linear", "poisson": "softplus", "msle": "softplus",
    "hinge": "tanh", "squared_hinge": "tanh", "categorical_hinge": "linear", "cosine_similarity": "linear",
    "binary_crossentropy": "sigmoid", "binary_focal_crossentropy": "sigmoid", "categorical_crossentropy": "softmax",
    "categorical_focal_crossentropy": "softmax", "kl_divergence": "softmax",
    "sparse_categorical_crossentropy": "softmax", "dice": "sigmoid",
}  # fmt: skip


def _outputs(d: Draft) -> tuple[list[str], list[str]]:
    """One to three of the values that no layer has read, each with a last layer and a loss that suit each other."""
    ends = [name for name in d.unread if not _whole_numbers(d, name)]
    outputs, losses = [], []
    for place in d.draw.permutation(len(ends))[:3]:
        x, loss = ends[int(place)], d.one_of(list(LOSSES))
        if len(d.shape(x)) > 1 and d.coin(0.7):
            d.value(f"layers.Flatten()({x})")
            x = d.values[-1]
        d.value(f"layers.Dense({d.whole(2, 4)}, activation={LOSSES[loss]!r})({x})")
        outputs.append(d.values[-1])
        losses.append(loss)
    return outputs, losses


OPTIMIZERS = (  # an epsilon that is not tiny, so that a gradient of nearly nothing does not become a whole step
    "SGD(0.02)", "SGD(0.02, momentum=0.9, nesterov=True, clipnorm=1.0)", "SGD(0.05, momentum=0.8, weight_decay=0.01)",
    "Adam(0.003, epsilon=0.001)", "Adam(0.003, epsilon=0.001, amsgrad=True, global_clipnorm=1.0)",
    "AdamW(0.003, epsilon=0.001, weight_decay=0.02)", "RMSprop(0.002, epsilon=0.01)",
    "RMSprop(0.002, epsilon=0.01, momentum=0.5, centered=True)", "Adagrad(0.01, epsilon=0.01)",
    "Adadelta(1.0, epsilon=0.01)", "Adamax(0.003, epsilon=0.001)", "Nadam(0.003, epsilon=0.001)",
    "Adam(0.003, epsilon=0.001, clipvalue=0.1, gradient_accumulation_steps=2)",
    "SGD(0.02, use_ema=True, ema_momentum=0.8)",
    "SGD(optimizers.schedules.ExponentialDecay(0.03, 2, 0.9), momentum=0.5)",
)  # fmt: skip


def _compile(d: Draft, losses: Sequence[str]) -> None:
    """A function that compiles the model for an engine, with this network's optimizer or another."""
    metrics = [["accuracy"] if "crossentropy" in loss else ["mae"] for loss in losses]
    said = [f"loss={_alone(list(losses))!r}"]
    if d.coin():
        said.append(f"{d.one_of(['metrics', 'weighted_metrics'])}={_alone(metrics)!r}")
    if len(losses) > 1 and d.coin():
        said.append(f"loss_weights={[round(float(w), 2) for w in d.draw.uniform(0.2, 2, len(losses))]}")
    d.line(
        f"def compile_for(engine, optimizer=optimizers.{d.one_of(OPTIMIZERS)}):\n"
        f"    model.compile(optimizer, {', '.join(said)}, engine=engine)"
    )


def _input_data(d: Draft, name: str, samples: int) -> np.ndarray:
    shape = (samples, *d.shape(name))
    if _whole_numbers(d, name):
        ends = d.draw.integers(1, shape[1] + 1, size=(samples, 1))
        return np.where(np.arange(shape[1]) < ends, d.draw.integers(0, WORDS, size=shape), 0).astype("int32")
    x = d.draw.normal(size=shape).astype("float32")
    if len(shape) == 3:  # steps that a Masking layer leaves out: at the end, and one in the middle
        x[::2, -1] = 0
        x[::3, 1] = 0
    return x


def _target_data(d: Draft, loss: str, shape: Shape) -> np.ndarray:
    classes = d.draw.integers(0, shape[-1], size=shape[:-1])
    if loss.startswith("sparse"):
        return classes
    if loss.startswith(("categorical", "kl", "dice")):
        return np.eye(shape[-1], dtype="float32")[classes]
    if loss.startswith("binary"):
        return d.draw.integers(0, 2, size=shape).astype("float32")
    if "hinge" in loss:
        return d.draw.choice([-1.0, 1.0], size=shape).astype("float32")
    return abs(d.draw.normal(size=shape)).astype("float32") * 0.5


if __name__ == "__main__":
    print(network(int(sys.argv[1])).program)
