"""explain shows how a number came about; chain_rule takes a gradient apart, down to single paths."""

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, layers
from pellucid.inside.chain_rule import chain_rule
from pellucid.inside.explain import explain

X = np.random.default_rng(3).normal(size=(4, 3)).astype("float32")
Y = np.random.default_rng(4).normal(size=(4, 2)).astype("float32")
LABELS = np.array([0, 1, 1, 0])


def worked_example() -> Sequential:
    """Inputs -1 and 2; the first fans out with weights 1 and 5, the second with 3 and 3; output 2 and -1; tanh."""
    model = Sequential(
        [
            layers.Dense(2, activation="tanh", use_bias=False, name="hidden", input_shape=(2,)),
            layers.Dense(1, use_bias=False, name="output"),
        ]
    )
    model.set_weights([np.array([[1, 5], [3, 3]]), np.array([[2], [-1]])])
    return model


def network(activation: str = "sigmoid", last: str | None = None, loss: str = "mse", **settings: object) -> Sequential:
    model = Sequential(
        [
            layers.Dense(3, activation=activation, name="one", input_shape=(3,), **settings),
            layers.Dense(5, activation=activation, name="two"),
            layers.Dense(2, activation=last, name="three"),
        ]
    )
    model.compile(optimizer="sgd", loss=loss)
    rng = np.random.default_rng(5)
    model.set_weights([rng.normal(size=array.shape) for array in model.get_weights()])
    return model


def test_the_worked_example_gives_its_number() -> None:
    unit = explain(worked_example(), [[-1, 2]], layer="output", unit=0, dtype="float64")
    assert unit.a == 1.2382242525694254


def test_the_worked_example_prints_each_product_the_sum_and_the_activation() -> None:
    model = worked_example()
    first = explain(model, [[-1, 2]], layer="hidden", unit=0)
    assert first.formula == "-1·1 + 2·3 = 5 → tanh → 0.9999"
    assert [product.value for product in first.products] == [-1, 6]
    assert explain(model, [[-1, 2]], layer="hidden", unit=1).formula == "-1·5 + 2·3 = 1 → tanh → 0.7616"
    text = str(explain(model, [[-1, 2]], layer="output", unit=0))
    assert all(part in text for part in ("0.9999", "0.7616", "1.238", "x·weight", "sum z"))


def test_a_bias_is_a_term_of_its_own() -> None:
    model = Sequential([layers.Dense(1, activation="relu", name="n", input_shape=(2,))])
    model.set_weights([np.array([[0.5], [-2.0]]), np.array([0.25])])
    unit = explain(model, [[3, 1]], layer="n", unit=-1)
    assert unit.formula == "3·0.5 + 1·(-2) + 0.25 = -0.25 → relu → 0"
    assert unit.slope == 0


def test_a_unit_with_many_inputs_lists_the_largest_products() -> None:
    model = Sequential([layers.Dense(1, name="n", input_shape=(100,))])
    unit = explain(model, np.ones((1, 100)), layer="n", unit=0)
    assert len(unit.products) == 100
    text = str(unit)
    assert "84 smaller ones" in text
    assert "… 92 more …" in unit.formula


def test_a_unit_of_a_merge_is_the_sum_of_what_it_reads() -> None:
    x = Input((2,), name="x")
    both = layers.Add(name="both")([layers.Dense(2, name="l")(x), layers.Dense(2, name="r")(x)])
    unit = explain(Model(x, both), np.ones((1, 2)), layer="both", unit=1)
    assert [(p.source, p.place, p.weight) for p in unit.products] == [("l", (1,), 1.0), ("r", (1,), 1.0)]


def test_a_layer_that_is_no_weighted_sum_says_so() -> None:
    x = Input((2,))
    model = Model(x, layers.Softmax(name="m")(x))
    with pytest.raises(ValueError, match=r"not one weighted sum.*trace\(model, x\)\['m'\]"):
        explain(model, np.ones((1, 2)), layer="m", unit=0)


def test_a_layer_is_shown_as_matrices() -> None:
    model = worked_example()
    text = str(explain(model, [[-1, 2]], layer=0))
    assert "z = x·W, a = tanh(z)" in text
    for matrix in ("x (1, 2)", "W (2, 2)", "z (1, 2)", "a (1, 2)"):
        assert matrix in text


def test_a_whole_network_is_all_its_layers_and_the_loss() -> None:
    model = network()
    text = str(explain(model, X, Y))
    assert all(name in text for name in ("one: z = x·W + b, a = sigmoid(z)", "three: z", "dL/dW", "dL/da", "loss ="))


@pytest.mark.parametrize(
    ("activation", "last", "loss"),
    [
        ("sigmoid", None, "mse"),
        ("tanh", "sigmoid", "binary_crossentropy"),
        ("relu", "softmax", "sparse_categorical_crossentropy"),
        ("softmax", "softmax", "mse"),
    ],
)
@pytest.mark.parametrize("layer", ["one", "two", "three"])
def test_the_terms_and_the_paths_add_up_to_the_central_difference(
    activation: str, last: str | None, loss: str, layer: str
) -> None:
    model = network(activation, last, loss)
    y = LABELS if loss.startswith("sparse") else np.eye(2)[LABELS]
    for param, place in (("kernel", (1, 1)), ("bias", (0,))):
        found = explain(model, X, y, layer=layer, weight=place, param=param, sample=2)
        assert found.gradient == pytest.approx(found.difference, rel=1e-6, abs=1e-9)
        assert sum(term.value for term in found.terms) + found.others == pytest.approx(found.gradient, abs=1e-14)
        own = sum(term.value for term in found.terms if term.sample == 2)
        assert sum(path.value for path in found.paths) + found.other_paths == pytest.approx(own, abs=1e-14)
        for path in found.paths:
            assert np.prod([factor.value for factor in path.factors]) == pytest.approx(path.value, rel=1e-12)


def test_paths_by_hand() -> None:
    model = worked_example()
    model.compile(optimizer="sgd", loss="mse")
    found = chain_rule(model, [[-1, 2]], [[0]], layer="hidden", weight=(0, 0))
    output = 2 * np.tanh(5) - np.tanh(1)
    assert len(found.paths) == 1
    np.testing.assert_allclose(
        [factor.value for factor in found.paths[0].factors], [-1, 1 - np.tanh(5) ** 2, 2, 2 * output], rtol=1e-12
    )
    assert found.other_paths == 0


def test_only_the_strongest_of_many_paths_are_listed() -> None:
    found = chain_rule(network(), X, Y, layer="one", weight=(0, 0))
    assert len(found.paths) == 8
    assert found.other_paths != 0


def test_a_regularizer_is_a_term_of_its_own() -> None:
    found = chain_rule(network(kernel_regularizer="l2"), X, Y, layer="one", weight=(0, 0))
    assert found.penalty == pytest.approx(0.02 * found.value)
    assert sum(t.value for t in found.terms) + found.others + found.penalty == pytest.approx(found.gradient, abs=1e-14)
    assert found.gradient == pytest.approx(found.difference, rel=1e-6)


def test_a_layer_used_twice_has_terms_from_both_uses() -> None:
    x = Input((3,), name="x")
    shared = layers.Dense(3, activation="tanh", name="shared")
    model = Model(x, layers.Dense(2, name="out")(shared(shared(x))))
    model.compile(optimizer="sgd", loss="mse")
    found = chain_rule(model, X, Y, layer="shared", weight=(1, 2))
    assert {term.layer for term in found.terms} == {"shared", "shared@2"}
    assert found.gradient == pytest.approx(found.difference, rel=1e-6)
    assert sum(term.value for term in found.terms) + found.others == pytest.approx(found.gradient, abs=1e-14)


def test_a_normalizing_layer_has_terms_and_paths_too() -> None:
    model = Sequential([layers.Dense(3, name="d", input_shape=(3,)), layers.BatchNormalization(name="norm")])
    model.add(layers.Dense(2))
    model.compile(optimizer="sgd", loss="mse")
    found = chain_rule(model, X, Y, layer="norm", weight=1, param="gamma")
    own = sum(term.value for term in found.terms if term.sample == 0)
    assert sum(path.value for path in found.paths) + found.other_paths == pytest.approx(own, abs=1e-12)
    assert found.paths
    assert sum(term.value for term in found.terms) == pytest.approx(found.gradient, abs=1e-12)
    assert found.gradient == pytest.approx(found.difference, rel=1e-6)


def test_a_kink_is_told_from_a_fault() -> None:
    model = Sequential([layers.Dense(1, activation="relu", name="n", input_shape=(1,))])
    model.compile(optimizer="sgd", loss="mse")
    model.set_weights([np.array([[1.0]]), np.array([-1.0])])
    found = chain_rule(model, [[1.0]], [[5.0]], layer="n", weight=(0, 0))  # z is 0, just where relu bends
    assert found.gradient == 0
    assert found.difference == pytest.approx(-5, abs=1e-4)
    assert found.kink
    assert "bends" in str(found)
    assert not chain_rule(network(), X, Y, layer="one", weight=(0, 0)).kink


def test_a_wrong_gradient_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = network()
    layer = model.get_layer("two")
    honest = layer.backward

    def wrong(params: dict, cache: object, dy: np.ndarray, **needs: object) -> tuple:
        dx, grads = honest(params, cache, dy, **needs)
        return dx * 1.01, grads

    monkeypatch.setattr(type(layer), "backward", staticmethod(wrong))
    found = chain_rule(model, X, Y, layer="one", weight=(0, 0))
    assert found.gradient != pytest.approx(found.difference, rel=1e-3)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"layer": "nine"}, "no layer is called 'nine'"),
        ({"layer": 9}, "there are 3 layers"),
        ({"layer": "one", "unit": 3}, r"one has places within \(3,\), got 3"),
        ({"layer": "one", "unit": 0, "sample": 4}, "sample has places"),
        ({"unit": 0}, "needs layer="),
        ({"layer": "one", "weight": (0, 0)}, "needs layer= and the targets"),
    ],
)
def test_what_is_not_there_is_refused_in_words(asked: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        explain(network(), X, **asked)


@pytest.mark.parametrize(
    ("asked", "words"),
    [({"weight": (3, 0)}, "is shaped"), ({"weight": 0, "param": "beta"}, "no 'beta'; it has kernel, bias")],
)
def test_a_weight_that_is_not_there_is_refused_in_words(asked: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        chain_rule(network(), X, Y, layer="one", **asked)
