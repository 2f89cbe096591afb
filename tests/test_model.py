"""Models: how networks are put together, what they keep, and how they show themselves."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, optimizers
from pellucid.errors import NotBuiltError, ShapeError
from pellucid.layers import Activation, Add, BatchNormalization, Concatenate, Dense, Dropout, Flatten, InputLayer
from pellucid.models import clone_model
from pellucid.utils import set_random_seed

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(6, 3)).astype("float32")


def weights_of(model: Any) -> list[bytes]:
    return [array.tobytes() for array in model.get_weights()]


# Putting networks together -----------------------------------------------------------------------


def test_a_functional_network_computes_what_its_layers_do_by_hand() -> None:
    x = Input((3,), name="x")
    left, right = Dense(4, activation="relu", name="left")(x), Dense(4, name="right")(x)
    model = Model(inputs=x, outputs=Add(name="sum")([left, right]))
    (kl, bl), (kr, br) = model.get_layer("left").get_weights(), model.get_layer("right").get_weights()
    expected = np.maximum(X @ kl + bl, 0) + X @ kr + br
    np.testing.assert_allclose(model(X), expected, atol=1e-6)
    np.testing.assert_allclose(model(X.tolist()), expected, atol=1e-6)
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, atol=1e-6)
    assert [layer.name for layer in model.layers] == ["x", "left", "right", "sum"]
    assert (model.input_shape, model.output_shape) == ((None, 3), (None, 4))
    assert model.compute_output_shape((7, 3)) == (7, 4)
    assert (model.input_names, model.output_names) == (["x"], ["sum"])
    assert model.input is x


def test_several_inputs_and_outputs() -> None:
    a, b = Input((3,), name="a"), Input((2,), name="b")
    joined = Concatenate()([a, b])
    model = Model([a, b], [Dense(1, name="one")(joined), Dense(2, name="two")(joined)])
    one, two = model([X, X[:, :2]])
    assert (one.shape, two.shape) == ((6, 1), (6, 2))
    assert model.input_shape == [(None, 3), (None, 2)]
    assert model.output_shape == [(None, 1), (None, 2)]
    assert model.compute_output_shape((None, 3), (None, 2)) == [(None, 1), (None, 2)]


def test_a_part_of_a_network_is_a_model_with_the_same_weights() -> None:
    x = Input((3,))
    hidden = Dense(4, name="hidden")(x)
    whole = Model(x, Dense(1)(hidden))
    part = Model(x, whole.get_layer("hidden").output)
    whole.compile("sgd", "mse")
    whole.fit(X, X[:, :1], verbose=0)
    kernel, bias = whole.get_layer("hidden").get_weights()
    np.testing.assert_allclose(part(X), X @ kernel + bias, atol=1e-6)
    after = Model(hidden, whole.output)
    np.testing.assert_allclose(after(part(X)), whole(X), atol=1e-6)


def test_layers_are_added_and_taken_off() -> None:
    model = Sequential()
    model.add(Input((3,)))
    model.add(Dense(4, name="a"))
    model.add(Dense(2, name="b"))
    assert (model.output_shape, model.count_params()) == ((None, 2), 26)
    assert model.pop().name == "b"
    assert model.output_shape == (None, 4)
    model.add(Dense(5, name="b"))
    assert model(X).shape == (6, 5)
    for _ in range(2):
        model.pop()
    assert model.layers == []
    assert not model.built
    with pytest.raises(ValueError, match="pop from a model without layers"):
        model.pop()
    model.add(Dense(1))
    assert model(X).shape == (6, 1)


def test_pop_takes_off_only_its_own_use_of_a_shared_layer() -> None:
    shared = Dense(3, name="shared")
    first, second = Sequential([Input((3,)), Dense(3), shared]), Sequential([Input((3,)), shared])
    first.pop()
    second.add(Dense(1))
    assert second(X).shape == (6, 1)
    assert len(shared.calls) == 1
    assert first.output_shape == (None, 3)


def test_a_model_can_be_built_later() -> None:
    for later in (
        lambda m: m.build((None, 3)),
        lambda m: m(X),
        lambda m: m.predict(X, verbose=0),
        lambda m: m(Input((3,))),
    ):
        model = Sequential([Dense(4), BatchNormalization(), Dense(2)])
        assert not model.built
        with pytest.raises(NotBuiltError, match="has not seen an input shape"):
            model.get_weights()
        with pytest.raises(NotBuiltError):
            model.count_params()
        later(model)
        assert model.built
        assert model.count_params() == 16 + 16 + 10
        model.build((None, 99))  # it is built already
        assert model.input_shape == (None, 3)
    with pytest.raises(NotBuiltError, match="build needs the shape"):
        Sequential([Dense(4)]).build()


def test_the_old_ways_of_naming_an_input_shape() -> None:
    for given in ({"input_shape": (3,)}, {"input_dim": 3}, {"batch_input_shape": (None, 3)}):
        assert Sequential([Dense(2, **given)]).input_shape == (None, 3)
    assert Sequential([InputLayer(shape=(3,)), Dense(2)]).input_shape == (None, 3)
    model = Sequential([Flatten(input_shape=(28, 28)), Dense(2)])
    assert model.count_params() == 784 * 2 + 2


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: Model(), ValueError, "needs inputs= and outputs="),
        (lambda: Model(Input((3,)), X), TypeError, "outputs must be what Input"),
        (lambda: Model(X, Input((3,))), TypeError, "inputs must be"),
        (lambda: Model(Input((3,)), Dense(1)(Input((3,), name="other"))), ValueError, "depend on the Input 'other'"),
        (lambda: Sequential([Dense(1, name="a"), Dense(1, name="a")]), ValueError, "two layers are called 'a'"),
        (lambda: Sequential([Input((3,)), Dense(1, name="a"), Dense(1, name="a")]), ValueError, "called 'a'"),
        (lambda: Sequential([Dense(1)]).add(Input((3,))), ValueError, "Input must come first"),
        (lambda: Sequential([3]), TypeError, "add needs a layer, got int"),
        (lambda: Sequential([Dense]), TypeError, "add needs a layer"),
        (lambda: Sequential([Input((3,)), Dense(1)])(np.zeros((6, 4))), ShapeError, "3"),
        (lambda: Model([Input((3,)), Input((3,))], Input((3,))), ValueError, "depend on the Input"),
    ],
)
def test_what_is_no_network_is_refused(make: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        make()


def test_an_added_layer_that_does_not_fit_leaves_the_model_as_it_was() -> None:
    model = Sequential([Input((3,)), Dense(2, name="a")])
    with pytest.raises(ValueError, match="'a' already"):
        model.add(Dense(2, name="a"))
    assert len(model.layers) == 1
    assert model(X).shape == (6, 2)


def test_get_layer_by_name_and_place() -> None:
    model = Sequential([Input((3,)), Dense(2, name="a"), Dense(1, name="b")])
    assert model.get_layer("b") is model.get_layer(index=1) is model.get_layer(index=-1)
    with pytest.raises(ValueError, match=r"no layer is called 'c'. There are: a, b"):
        model.get_layer("c")
    for given in ({}, {"name": "a", "index": 0}, {"index": 2}):
        with pytest.raises(ValueError, match="get_layer"):
            model.get_layer(**given)


# Shared weights ----------------------------------------------------------------------------------


def test_a_layer_used_twice_has_one_set_of_weights_that_hears_from_both() -> None:
    a, b = Input((3,)), Input((3,))
    twin = Dense(2, name="twin", use_bias=False)
    model = Model([a, b], Add()([twin(a), twin(b)]))
    assert len(model.weights) == 1
    model.compile(optimizers.SGD(1.0), "mse")
    kernel = model.get_weights()[0]
    y = np.zeros((6, 2), "float32")
    model.train_on_batch([X, 2 * X], y)
    x = 3 * X  # what both uses come to together
    np.testing.assert_allclose(model.get_weights()[0], kernel - x.T @ (x @ kernel) * 2 / 12, rtol=1e-4, atol=1e-5)


def test_models_that_share_a_layer_train_it_together() -> None:
    shared = Dense(3, name="shared")
    first, second = Sequential([Input((3,)), shared, Dense(1)]), Sequential([Input((3,)), shared, Dense(1)])
    for model in (first, second):
        model.compile("sgd", "mse")
    before = shared.get_weights()[0]
    first.fit(X, X[:, :1], verbose=0)
    between = shared.get_weights()[0]
    second.fit(X, X[:, :1], verbose=0)
    assert not np.array_equal(before, between)
    assert not np.array_equal(between, shared.get_weights()[0])
    np.testing.assert_array_equal(first.layers[0].get_weights()[0], second.layers[0].get_weights()[0])


@pytest.mark.parametrize("functional", [True, False])
def test_a_model_inside_a_model_is_trained_with_it(functional: bool) -> None:
    set_random_seed(1)
    entry = Input((3,))
    layers = [Dense(4, activation="tanh"), BatchNormalization()]
    inner: Any = Model(entry, layers[1](layers[0](entry))) if functional else Sequential([Input((3,)), *layers])
    x = Input((3,))
    outer = Model(x, Dense(1)(inner(x)))
    outer.compile("sgd", "mse")
    before = weights_of(inner)
    outer.fit(X, X[:, :1], verbose=0)
    assert all(old != new for old, new in zip(before, weights_of(inner), strict=True))
    kernel, bias = outer.layers[-1].get_weights()
    np.testing.assert_allclose(outer(X), inner(X) @ kernel + bias, atol=1e-6)
    assert len(outer.weights) == 8
    flat = Sequential([Input((3,)), Dense(4, activation="tanh"), BatchNormalization(), Dense(1)])
    flat.set_weights(outer.get_weights())
    np.testing.assert_allclose(flat(X), outer(X), atol=1e-6)


# What is trainable -------------------------------------------------------------------------------


def test_frozen_layers_do_not_move() -> None:
    model = Sequential([Input((3,)), Dense(4, name="a"), Dense(1, name="b")])
    model.get_layer("a").trainable = False
    model.compile("adam", "mse")
    before = weights_of(model)
    model.fit(X, X[:, :1], verbose=0)
    after = weights_of(model)
    assert after[:2] == before[:2]
    assert after[2:] != before[2:]
    assert [len(model.trainable_weights), len(model.non_trainable_weights)] == [2, 2]
    assert sorted(model.numbers.moments["slots"]) == ["b"]


def test_what_is_trainable_is_settled_by_compile() -> None:
    model = Sequential([Input((3,)), Dense(4), Dense(1)])
    model.compile("sgd", "mse")
    model.trainable = False
    assert model.trainable_weights == []
    before = weights_of(model)
    model.fit(X, X[:, :1], verbose=0)
    assert all(old != new for old, new in zip(before, weights_of(model), strict=True))
    model.layers[1].trainable = True
    model.compile("sgd", "mse")
    before = weights_of(model)
    model.fit(X, X[:, :1], verbose=0)
    assert [old == new for old, new in zip(before, weights_of(model), strict=True)] == [True, True, False, False]


def test_a_judge_frozen_inside_a_combined_model_still_learns_by_itself() -> None:
    """The two-player idiom: compile the judge, freeze it, compile the combined model."""
    set_random_seed(2)
    forger = Sequential([Input((2,)), Dense(4, activation="tanh"), Dense(3)], name="forger")
    judge = Sequential([Input((3,)), Dense(4, activation="tanh"), Dense(1, activation="sigmoid")], name="judge")
    judge.compile(optimizers.Adam(0.1), "binary_crossentropy")
    judge.trainable = False
    noise = Input((2,))
    both = Model(noise, judge(forger(noise)))
    both.compile(optimizers.Adam(0.1), "binary_crossentropy")
    seed, ones = DRAW.normal(size=(6, 2)).astype("float32"), np.ones((6, 1))
    for _ in range(3):
        judge_before, forger_before = weights_of(judge), weights_of(forger)
        judge.train_on_batch(np.concatenate([X, forger.predict(seed, verbose=0)]), np.concatenate([ones, 0 * ones]))
        assert weights_of(forger) == forger_before
        judge_between = weights_of(judge)
        assert all(old != new for old, new in zip(judge_before, judge_between, strict=True))
        both.train_on_batch(seed, ones)
        assert weights_of(judge) == judge_between
        assert all(old != new for old, new in zip(forger_before, weights_of(forger), strict=True))
    assert judge.numbers.step == both.numbers.step == 3
    np.testing.assert_allclose(both(seed), judge(forger(seed)), atol=1e-6)


# Numbers -----------------------------------------------------------------------------------------


def test_weights_go_out_as_copies_and_come_in_whole_or_not_at_all() -> None:
    model = Sequential([Input((3,)), Dense(2), Dense(1)])
    weights = model.get_weights()
    weights[0][:] = 7
    assert not np.array_equal(model.get_weights()[0], weights[0])
    model.set_weights(weights)
    np.testing.assert_array_equal(model.get_weights()[0], weights[0])
    before = weights_of(model)
    for wrong in (weights[:-1], [*weights[:-1], np.zeros((2,))], [w.T for w in weights]):
        with pytest.raises(ValueError, match="needs"):
            model.set_weights(wrong)
    assert weights_of(model) == before
    model.layers[0].set_weights([np.ones((3, 2)), np.zeros(2)])
    np.testing.assert_array_equal(model.get_weights()[0], np.ones((3, 2)))


def test_a_snapshot_of_the_numbers_brings_back_everything() -> None:
    set_random_seed(3)
    model = Sequential([Input((3,)), Dense(4), BatchNormalization(), Dropout(0.5), Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, X[:, :1], epochs=2, verbose=0)
    snapshot, weights = model.numbers, weights_of(model)
    set_random_seed(4)
    first = model.fit(X, X[:, :1], epochs=3, verbose=0).history
    end = weights_of(model)
    model.numbers = snapshot
    assert weights_of(model) == weights
    assert model.optimizer is not None
    assert model.optimizer.iterations == 2
    set_random_seed(4)
    assert model.fit(X, X[:, :1], epochs=3, verbose=0).history == first
    assert weights_of(model) == end


@pytest.mark.parametrize("engine", ["numpy", "auto"])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_model_that_has_learned_can_be_copied_and_pickled(copied: Any, engine: str) -> None:
    set_random_seed(1)
    model = Sequential([Dense(4, activation="relu", input_shape=(3,)), BatchNormalization(), Dense(1)])
    model.compile("adam", "mse", metrics=["mae"], engine=engine)
    model.fit(X, X[:, :1], epochs=2, verbose=0)
    before, losses = weights_of(model), []
    for each in (copied(model), copied(model), model):
        np.testing.assert_array_equal(each.predict(X, verbose=0), model.predict(X, verbose=0))
        if each is not model:
            losses.append(each.fit(X, X[:, :1], epochs=3, shuffle=False, verbose=0).history)
    assert weights_of(model) == before
    assert losses == [model.fit(X, X[:, :1], epochs=3, shuffle=False, verbose=0).history] * 2


def test_a_clone_has_weights_of_its_own() -> None:
    model = Sequential([Input((3,)), Dense(4), Dense(1)])
    other = clone_model(model)
    assert other.get_config() == model.get_config()
    other.set_weights(model.get_weights())
    before = weights_of(model)
    other.compile("sgd", "mse")
    other.fit(X, X[:, :1], verbose=0)
    assert weights_of(model) == before


# The table ---------------------------------------------------------------------------------------

COURSE_NET = """\
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ dense (Dense)                   │ (None, 64)             │        50,240 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense_1 (Dense)                 │ (None, 10)             │           650 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 50,890 (198.79 KB)
 Trainable params: 50,890 (198.79 KB)
 Non-trainable params: 0 (0.00 B)
"""


def course_net() -> Sequential:
    return Sequential([Dense(64, activation="sigmoid", input_shape=(784,)), Dense(10, activation="softmax")])


def table_of(model: Any, **given: Any) -> str:
    said: list[str] = []
    model.summary(print_fn=said.append, **given)
    assert len(said) == 1
    return said[0]


@pytest.fixture(autouse=True)
def terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_the_summary_of_the_shallow_network_to_the_letter(capsys: pytest.CaptureFixture[str]) -> None:
    model = course_net()
    model.summary()
    assert capsys.readouterr().out == COURSE_NET
    assert table_of(model) == COURSE_NET
    assert capsys.readouterr().out == ""


def test_the_summary_of_a_compiled_and_trained_network_says_more() -> None:
    model = course_net()
    model.compile("adam", "categorical_crossentropy")
    assert "Fused: dense_1: softmax and categorical_crossentropy as one rule" in table_of(model)
    assert "Optimizer params" not in table_of(model)
    model.train_on_batch(np.zeros((2, 784)), np.eye(10)[:2])
    assert "Optimizer params: 101,782 (397.59 KB)" in table_of(model)
    assert "Total params: 152,672" in table_of(model)


def test_the_summary_of_an_unbuilt_network() -> None:
    text = table_of(Sequential([Dense(3)]))
    assert "│ dense (Dense)                   │ ?                      │   0 (unbuilt) │" in text
    assert "Total params: 0 (0.00 B)" in text


@pytest.mark.parametrize("length", [50, 66, 80, 120])
def test_line_length_is_the_width_of_the_table(length: int) -> None:
    lines = table_of(course_net(), line_length=length).splitlines()
    assert {len(line) for line in lines[1:-3]} == {length}
    with pytest.raises(ValueError, match="too few"):
        table_of(course_net(), line_length=9)


def test_positions_are_shares_or_columns() -> None:
    shares = table_of(course_net(), line_length=80, positions=[0.5, 0.75, 1.0])
    assert shares == table_of(course_net_named(shares), line_length=80, positions=[40, 60, 80])


def course_net_named(text: str) -> Sequential:
    from pellucid.backend import clear_session

    clear_session()
    return course_net()


def test_nested_models_are_listed_on_request() -> None:
    inner = Sequential([Input((3,)), Dense(4, name="first"), Dense(2, name="second")], name="inner")
    x = Input((3,), name="x")
    model = Model(x, Dense(1, name="last")(inner(x)), name="outer")
    assert "first" not in table_of(model)
    text = table_of(model, expand_nested=True)
    assert "│    └ first (Dense)              │ (None, 4)              │            16 │" in text
    assert text.index("inner (Sequential)") < text.index("└ first") < text.index("└ second") < text.index("last")
    assert "Total params: 29" in text


def test_branches_are_shown_with_what_they_read() -> None:
    x = Input((3,), name="x")
    a = Dense(2, name="a")(x)
    b = Dense(2, name="b")(x)
    model = Model(x, Activation("relu", name="last")(Add(name="sum")([a, b])))
    text = table_of(model)
    assert "Connected to" in text
    assert "a[0][0], b[0][0]" in text.replace(" " * 9, " ").replace("\n", "") or "a[0][0]," in text
    assert table_of(model, layer_range=("a", "sum")).count("(Dense)") == 2
    with pytest.raises(ValueError, match="layer_range names 'c'"):
        table_of(model, layer_range=("c", "sum"))


def test_frozen_layers_are_marked_on_request() -> None:
    model = course_net()
    model.layers[0].trainable = False
    text = table_of(model, show_trainable=True, line_length=100)
    first, second = (line for line in text.splitlines() if "(Dense)" in line)
    assert first.rstrip("│ ").endswith("N")
    assert second.rstrip("│ ").endswith("Y")
    assert "Trainable params: 650" in text
    assert "Non-trainable params: 50,240" in text


def test_a_model_says_what_it_is() -> None:
    assert repr(Sequential([Input((3,)), Dense(2)], name="net")) == "<Sequential name=net, built=True>"


def test_the_numbers_of_another_model_are_refused() -> None:
    one, other = (Sequential([Dense(2, input_shape=(3,))]) for _ in range(2))
    before = one.get_weights()
    with pytest.raises(ValueError, match="these are the numbers of another model"):
        one.numbers = other.numbers
    np.testing.assert_array_equal(one.get_weights()[0], before[0])
