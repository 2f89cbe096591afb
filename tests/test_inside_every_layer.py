"""explain and chain_rule for layers that are no plain sums: over time, normalizing, multiplying, looking up."""

from typing import Any

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, layers
from pellucid.inside import Stepper, chain_rule, explain, trace
from pellucid.layers import GRU, LSTM, RNN, Bidirectional, GRUCell, LSTMCell, SimpleRNN

RNG = np.random.default_rng(11)
X, WORDS, Y = RNG.normal(size=(3, 4, 2)), np.array([[1, 2, 3, 0], [4, 0, 0, 0], [2, 2, 1, 3]]), RNG.normal(size=(3, 2))

RECURRENT = {
    "SimpleRNN": lambda: SimpleRNN(3, name="r"),
    "backwards": lambda: SimpleRNN(3, activation="sigmoid", go_backwards=True, name="r"),
    "LSTM": lambda: LSTM(3, name="r"),
    "GRU": lambda: GRU(3, name="r"),
    "GRU, reset ahead": lambda: GRU(3, reset_after=False, name="r"),
    "GRU without bias": lambda: GRU(3, use_bias=False, name="r"),
    "Bidirectional": lambda: Bidirectional(GRU(2), name="r"),
    "stacked": lambda: RNN([LSTMCell(2), GRUCell(3)], name="r"),
    "mixed": lambda: LSTM(3, activation="softmax", name="r"),
}


def ready(model: Any, loss: Any = "mse") -> Any:
    model.compile(optimizer="sgd", loss=loss)
    rng = np.random.default_rng(5)
    model.set_weights([rng.normal(size=array.shape) for array in model.get_weights()])
    return model


def some_places(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """One place for each gate."""
    return [(*(size - 1 for size in shape[:-1]), column) for column in range(0, shape[-1], max(1, shape[-1] // 5))]


@pytest.mark.parametrize("masked", [False, True], ids=["all steps", "masked"])
@pytest.mark.parametrize("kind", list(RECURRENT))
def test_a_recurrent_weight_is_taken_apart_time_step_by_time_step(kind: str, masked: bool) -> None:
    first = [Input((4,)), layers.Embedding(5, 2, mask_zero=True)] if masked else [Input((4, 2))]
    model = ready(Sequential([*first, RECURRENT[kind](), layers.Dense(2)]))
    x = WORDS if masked else X
    for param, array in trace(model, x)["r"].params.items():
        for place in some_places(array.shape):
            found = chain_rule(model, x, Y, layer="r", param=param, weight=place)
            assert {term.time for term in found.terms} <= {0, 1, 2, 3}
            assert all(term.gate and not (masked and WORDS[term.sample, term.time] == 0) for term in found.terms)
            assert sum(term.value for term in found.terms) + found.others == pytest.approx(found.gradient, abs=1e-14)
            assert found.gradient == pytest.approx(found.difference, abs=1e-8)


def test_the_terms_of_a_recurrent_weight_name_gate_unit_and_step() -> None:
    model = Sequential([Input((2, 1)), SimpleRNN(1, "linear", name="r")])
    model.compile("sgd", "mse")
    model.set_weights([[[2.0]], [[0.5]], [0.0]])  # h₀ = 2·1 = 2, h₁ = 2·3 + 0.5·2 = 7
    found = chain_rule(model, [[[1.0], [3.0]]], [[6.0]], layer="r", weight=(0, 0))
    assert [(term.sum, term.dJ_dz, term.dz_dw) for term in found.terms] == [
        ("r s[0] at step 1", 2.0, 3.0),
        ("r s[0] at step 0", 1.0, 1.0),
    ]
    assert found.formula == "∂J/∂w = 2·1·3 + 1·1·1 = 7"


@pytest.mark.parametrize("layer", ["SimpleRNN", "LSTM"])
def test_a_masked_step_has_no_share_in_a_path(layer: str) -> None:
    first = [Input((4,)), layers.Embedding(5, 2, mask_zero=True, name="e")]
    model = ready(Sequential([*first, RECURRENT[layer](), layers.Dense(2)]))
    found = chain_rule(model, WORDS, Y, layer="e", param="embeddings", weight=(4, 1), sample=1)
    assert sum(path.value for path in found.paths) + found.other_paths == pytest.approx(found.gradient, abs=1e-12)


def test_a_layer_with_several_outputs_has_terms_from_all_that_the_loss_hears() -> None:
    x = Input((4, 2))
    attended, scores = layers.MultiHeadAttention(1, 2, name="m")(x, x, return_attention_scores=True)
    ends = [layers.Dense(1)(layers.Flatten()(value)) for value in (attended, scores)]
    model = ready(Model(x, ends), ["mse", "mse"])
    found = chain_rule(model, X, [Y[:, :1], Y[:, 1:]], layer="m", param="query/kernel", weight=(0, 0, 0))
    assert len({term.layer for term in found.terms}) == 2
    assert sum(term.value for term in found.terms) + found.others == pytest.approx(found.gradient, rel=1e-5)
    assert found.gradient == pytest.approx(found.difference, rel=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.BatchNormalization(name="n"),
        lambda: layers.BatchNormalization(axis=1, scale=False, name="n"),
        lambda: layers.LayerNormalization(name="n"),
        lambda: layers.LayerNormalization(axis=[1, 2], center=False, name="n"),
        lambda: layers.GroupNormalization(3, name="n"),
        lambda: layers.GroupNormalization(2, axis=1, name="n"),
        lambda: layers.RMSNormalization(name="n"),
    ],
)
def test_a_normalized_unit_shows_mean_spread_scale_and_shift(make: Any) -> None:
    model = Sequential([Input((4, 6)), make(), layers.Activation("tanh"), layers.Flatten(), layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    model.fit(RNG.normal(3, 2, size=(8, 4, 6)), np.ones((8, 1)), epochs=3, verbose=0)
    x = RNG.normal(3, 2, size=(5, 4, 6))
    unit = explain(model, x, layer="n", unit=(1, 4), sample=2, dtype="float64")
    parts = dict(unit.parts)
    spread = next(value for name, value in unit.parts if name.startswith("√"))
    scale = parts.get("gamma", parts.get("scale", 1.0))
    made = scale * (parts["x"] - parts.get("mean", 0.0)) / spread + parts.get("beta", 0.0)
    assert made == pytest.approx(unit.z, abs=1e-12)
    assert unit.z == pytest.approx(trace(model, x, dtype="float64")["n"].z[2, 1, 4], abs=1e-12)
    assert unit.formula.endswith(f"= {unit.z:.4g} → tanh → {unit.a:.4g}")


def test_a_normalized_unit_is_told_in_one_line() -> None:
    model = Sequential([Input((2,)), layers.LayerNormalization(epsilon=1e-12, name="n")])
    model.set_weights([[2.0, 2.0], [0.5, -0.5]])
    unit = explain(model, [[1.0, 5.0]], layer="n", unit=1)
    assert unit.formula == "2·(5 - 3) / 2 - 0.5 = 1.5"


def test_the_stepper_tells_how_a_value_is_normalized() -> None:
    model = Sequential([Input((2,)), layers.LayerNormalization(epsilon=1e-12, name="n"), layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    assert Stepper(model, np.array([[5.0, 1.0]]), np.array([[1.0]])).step().formula == "n[0] = 1·(5 - 3) / 2 + 0 = 1"


def test_a_product_and_a_row_of_a_table_are_told() -> None:
    x = Input((3,))
    words = layers.Embedding(5, 2, name="e")(x)
    both = layers.Multiply(name="p")([layers.Lambda(lambda v: v + 1, name="one")(words), words])
    model = Model(x, both)
    model.set_weights([np.arange(10.0).reshape(5, 2)])
    assert explain(model, [[1, 4, 3]], layer="e", unit=(1, 0)).formula == "x[1] is 4: embeddings[4, 0] = 8"
    assert explain(model, [[1, 4, 3]], layer="p", unit=(1, 0)).formula == "9·8 = 72"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"layer": 1.5}, "layer must be a name or a whole number, got 1.5"),
        ({"layer": "r", "unit": 0, "time": "last"}, "r has 4 time steps, counted from 0; got time='last'"),
        ({"layer": "r", "unit": 9, "time": 0}, "r has 3 units, counted from 0; got unit=9"),
        ({"layer": "out", "unit": 0, "time": 1}, "time= is for recurrent layers, and out is a Dense"),
        ({"layer": "out", "unit": "a"}, r"out has places within \(2,\), got 'a'"),
        ({"layer": "out", "unit": 0.5}, r"out has places within \(2,\), got 0.5"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(asked: dict[str, Any], words: str) -> None:
    model = ready(Sequential([Input((4, 2)), SimpleRNN(3, name="r"), layers.Dense(2, name="out")]))
    with pytest.raises(ValueError, match=words):
        explain(model, X, **asked)


def test_the_chain_rule_needs_targets_and_a_place() -> None:
    model = ready(Sequential([Input((4, 2)), SimpleRNN(3, name="r"), layers.Dense(2, name="out")]))
    with pytest.raises(ValueError, match="needs the targets"):
        chain_rule(model, X, None, layer="out", weight=(0, 0))
    with pytest.raises(ValueError, match="is shaped"):
        chain_rule(model, X, Y, layer="out", weight=(0, "a"))
    with pytest.raises(ValueError, match="needs a model first"):
        trace(X, X)
