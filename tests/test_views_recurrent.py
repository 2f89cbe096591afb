"""Looking into recurrent layers: gates and states by the plain formulas, gradients through time, a gate in numbers."""

from typing import Any

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, inside, layers, plots
from pellucid.inside.explain import explain
from pellucid.inside.recurrent import Unrolled
from pellucid.inside.stepper import Stepper

RNG = np.random.default_rng(8)
X, Y = RNG.normal(size=(3, 5, 2)), RNG.normal(size=(3, 1))

KINDS = [
    layers.SimpleRNN(4),
    layers.LSTM(4),
    layers.GRU(4),
    layers.GRU(4, reset_after=False),
    layers.LSTM(4, use_bias=False, go_backwards=True),
    layers.Bidirectional(layers.GRU(4, return_sequences=True)),
    layers.RNN([layers.LSTMCell(3), layers.GRUCell(4)], return_sequences=True),
]


def network(layer: Any) -> Sequential:
    """The layer in a small network with random weights; biases are not 0."""
    layer = type(layer).from_config({**layer.get_config(), "name": "r"})
    model = Sequential([Input((5, 2)), layer, layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(0, 0.7, array.shape) for array in model.get_weights()])
    return model


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def by_hand(part: Unrolled, time: int) -> dict[str, np.ndarray]:
    """All gates and states of one step, by the formulas of the papers, from x, the states before and the weights."""
    p, u = part.params, part.cell.units
    x, h = part.x[:, time], part.before("h", time)
    K, R = (
        [p[name][:, i * u : (i + 1) * u] for i in range(part.cell.gates)] for name in ("kernel", "recurrent_kernel")
    )
    bias = p.get("bias", np.zeros(part.cell.gates * u))
    if part.kind == "SimpleRNN":
        return {"h": np.tanh(x @ K[0] + h @ R[0] + bias)}
    if part.kind == "LSTM":
        b = bias.reshape(4, u)
        i, f, o = (sigmoid(x @ K[k] + h @ R[k] + b[k]) for k in (0, 1, 3))
        g = np.tanh(x @ K[2] + h @ R[2] + b[2])
        c = f * part.before("c", time) + i * g
        return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": o * np.tanh(c)}
    after = bias.ndim == 2
    b, d = (bias[0], bias[1]) if after else (bias, np.zeros(3 * u))
    b, d = b.reshape(3, u), d.reshape(3, u)
    z, r = (sigmoid(x @ K[k] + h @ R[k] + b[k] + d[k]) for k in (0, 1))
    n = np.tanh(x @ K[2] + b[2] + (r * (h @ R[2] + d[2]) if after else (r * h) @ R[2]))
    return {"z": z, "r": r, "n": n, "h": z * h + (1 - z) * n}


@pytest.mark.parametrize("layer", KINDS, ids=lambda layer: layer.name)
def test_gates_and_states_are_the_plain_formulas(layer: Any) -> None:
    for part in inside.unroll(network(layer), X, dtype="float64"):
        for time in range(5):
            for name, value in by_hand(part, time).items():
                found = {**part.gates, **part.states}[name][:, time]
                np.testing.assert_allclose(found, value, rtol=1e-12, atol=1e-14, err_msg=f"{part.name} {name} {time}")


@pytest.mark.parametrize("layer", KINDS, ids=lambda layer: layer.name)
def test_the_output_is_the_layers_own(layer: Any) -> None:
    model = network(layer)
    *_, last = parts = inside.unroll(model, X, dtype="float64")
    made = inside.trace(model, X, dtype="float64")["r"].z
    if len(parts) == 2 and parts[0].part == "forward_layer":
        np.testing.assert_array_equal(made, np.concatenate([part.states["h"] for part in parts], axis=-1))
    elif made.ndim == 3:
        np.testing.assert_array_equal(made, last.states["h"])
    else:
        np.testing.assert_array_equal(made, last.states["h"][:, 0 if last.backwards else -1])


def test_the_gradient_at_each_step_is_the_central_difference() -> None:
    """Moving h after step t by a little: what comes later is walked again, from there."""
    model = network(layers.SimpleRNN(4))
    (part,) = inside.unroll(model, X, Y, dtype="float64")
    dense, bias = (w.astype("float64") for w in model.get_weights()[-2:])

    def loss(h: np.ndarray, time: int) -> float:
        for later in range(time + 1, 5):
            kernels = part.params["kernel"], part.params["recurrent_kernel"]
            h = np.tanh(X[:, later].astype("float32") @ kernels[0] + h @ kernels[1] + part.params["bias"])
        return float(np.mean((h @ dense + bias - Y.astype("float32")) ** 2))

    for time in range(5):
        for spot in ((0, 1), (2, 3)):
            move = np.zeros((3, 4))
            move[spot] = 1e-5
            h = part.states["h"][:, time]
            slope = (loss(h + move, time) - loss(h - move, time)) / 2e-5
            assert part.dstates["h"][spot[0], time, spot[1]] == pytest.approx(slope, rel=1e-5, abs=1e-9)


def test_without_targets_there_are_no_gradients() -> None:
    (part,) = inside.unroll(network(layers.LSTM(4)), X)
    assert part.dstates == {}
    with pytest.raises(ValueError, match="give unroll the targets"):
        part.reach()


def test_looking_leaves_the_model_as_it_was() -> None:
    model = network(layers.Bidirectional(layers.LSTM(4, return_sequences=True)))
    before, cell = model.get_weights(), model.get_layer("r").forward_layer.cell
    inside.unroll(model, X, Y)
    assert model.get_layer("r").forward_layer.cell is cell
    assert "step_back" not in vars(cell)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_masked_steps_hold_the_state_and_hear_nothing() -> None:
    model = Sequential(
        [layers.Embedding(6, 3, mask_zero=True, input_length=4), layers.LSTM(2, name="r"), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    words = np.array([[1, 2, 0, 0], [3, 4, 5, 1]])
    (part,) = inside.unroll(model, words, np.ones((2, 1)))
    assert part.mask is not None
    assert part.mask.tolist() == [[True, True, False, False], [True] * 4]
    np.testing.assert_array_equal(part.states["h"][0, 3], part.states["h"][0, 1])
    np.testing.assert_array_equal(part.dstates["h"][0, 2:], 0)
    assert (part.dstates["h"][0, 1] != 0).all()
    assert "the mask leaves this step out" in str(explain(model, words, layer="r", unit=0, time=3))


@pytest.mark.parametrize("layer", KINDS, ids=lambda layer: layer.name)
def test_a_gate_is_told_with_products_that_add_up(layer: Any) -> None:
    model = network(layer)
    parts = inside.unroll(model, X, Y, dtype="float64")
    units = [(part, own) for part in parts for own in range(part.cell.units)]
    for number, (part, own) in enumerate(units):
        for time in (0, 3):
            moment = explain(model, X, Y, layer="r", unit=number, time=time, sample=1, dtype="float64")
            assert moment.layer == part.name
            for gate in moment.gates:
                states = sum(p.value for p in gate.states) + gate.state_bias
                total = sum(p.value for p in gate.inputs) + gate.bias + gate.scale * states
                assert total == pytest.approx(gate.sum, rel=1e-12, abs=1e-12)
                assert gate.value == part.gates[gate.name][1, time, own]
                assert gate.dsum == part.dsums[gate.name][1, time, own]
            assert moment.after["h"] == part.states["h"][1, time, own]


def test_a_gate_reads_as_its_formula() -> None:
    model = Sequential([Input((2, 1)), layers.LSTM(1, name="r")])
    model.set_weights([np.array([[1, 2, 3, 4.0]]), np.zeros((1, 4)), np.array([0, 1, 0, 0.0])])
    gate = explain(model, [[[0.0], [0.5]]], layer="r", unit=0, time=1, gate="f")
    assert gate.formula == "W·x + U·h + b = 1 + 0 + 1 = 2 → sigmoid → 0.8808"
    assert gate.word == "forget gate"
    moment = explain(model, [[[0.0], [0.5]]], layer="r", unit=0, time=-1)
    assert moment.lines[0] == "c = f·c + i·g = 0.8808·0 + 0.6225·0.9051 = 0.5634"
    assert "forget gate f: W·x" in str(moment)
    assert moment._repr_html_().startswith("<div")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"layer": "r", "unit": 4, "time": 0}, "r has 4 units, counted from 0; got unit=4"),
        ({"layer": "r", "unit": 0, "time": 5}, "r has 5 time steps, counted from 0; got time=5"),
        ({"layer": "r", "unit": 0, "time": 0, "gate": "q"}, r"no gate 'q'. There are: i \(input gate\)"),
        ({"layer": "r", "unit": 0, "gate": "f"}, "gate= needs time="),
        ({"layer": "r", "time": 0}, "time= needs unit="),
        ({"layer": "flatten", "unit": 0, "time": 0}, "time= is for recurrent layers, and flatten.* is a Flatten"),
    ],
)
def test_what_there_is_not_is_refused(wrong: dict[str, Any], words: str) -> None:
    model = network(layers.LSTM(4))
    wrong = {**wrong, "layer": model.layers[1].name if wrong["layer"] == "flatten" else wrong["layer"]}
    with pytest.raises(ValueError, match=words):
        explain(model, X, **wrong)


def test_the_state_of_a_shared_state_output_hears_its_own_part() -> None:
    x = Input((5, 2))
    h, c = layers.LSTM(3, return_state=True, name="r")(x)[1:]
    model = Model(x, layers.Dense(1)(layers.add([h, c])))
    model.compile("sgd", "mse")
    (part,) = inside.unroll(model, X, Y)
    assert (part.dstates["c"][:, -1] != 0).all()


def test_the_stepper_tells_a_recurrent_layers_last_step() -> None:
    stepper = Stepper(network(layers.LSTM(4)), X, Y, batch_size=3)
    while (stop := stepper.step("operation")).layer != "r":
        pass
    assert stop.formula.startswith("r[0] at step 4: c = f·c + i·g = ")
    assert stop.numbers["forget gate f"].shape == (5, 4)


def test_pictures_show_every_gate_state_and_gradient() -> None:
    pytest.importorskip("matplotlib")
    (lstm,), (rnn,) = (inside.unroll(network(layer), X, Y) for layer in (layers.LSTM(4), layers.SimpleRNN(4)))
    figure = plots.recurrent_picture(lstm, 1)
    figure.canvas.draw()
    titles = {axes.get_title(loc="left") for axes in figure.axes}
    assert {"input x", "input gate i", "forget gate f", "candidate g", "output gate o"} <= titles
    assert {"output h", "inner state c", "dL/dh", "dL/dc"} <= titles
    curves = plots.gradient_through_time_picture({"LSTM": lstm, "SimpleRNN": rnn})
    curves.canvas.draw()
    first, second = curves.axes[0].get_lines()
    np.testing.assert_allclose(first.get_ydata(), np.exp(np.log(lstm.reach()).mean(axis=0)))
    assert first.get_linestyle() != second.get_linestyle()
