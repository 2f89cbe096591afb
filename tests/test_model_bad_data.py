"""Bad data reach no model: each case stops before anything has changed; the message says where, what and what to do."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

from pellucid import Input, Layer, Model, Sequential, losses, optimizers
from pellucid.data import PyDataset
from pellucid.layers import Add, Dense, Flatten, Reshape, StringLookup

X = np.linspace(-1, 1, 24).reshape(8, 3).astype("float32")
LABELS = np.array([0, 1, 2, 3, 3, 2, 1, 0])
ROWS = np.eye(4, dtype="float32")[LABELS]
HEIGHTS = X.sum(axis=1, keepdims=True)


class Lookup(Layer):
    """Rows of a table by number, as an embedding has them."""

    def __init__(self, input_dim: int = 10, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.input_dim = input_dim

    def compute_output_shape(self, *shapes: Any) -> Any:
        return (*shapes[0], 1)

    def forward(self, params: Any, x: Any) -> Any:
        return x[..., None].astype("float32"), None

    def backward(self, params: Any, cache: Any, dy: Any) -> Any:
        return None, {}


def network(loss: str, *layers: Any, optimizer: Any = "adam") -> Sequential:
    model = Sequential([Input((3,)), *layers])
    model.compile(optimizer, loss, metrics=["mae"])
    return model


def classes() -> Sequential:
    return network("sparse_categorical_crossentropy", Dense(5), Dense(4, activation="softmax"))


def one_hot() -> Sequential:
    return network("categorical_crossentropy", Dense(4, activation="softmax"))


def heights() -> Sequential:
    return network("mse", Dense(1))


def three() -> Sequential:
    return network("mse", Dense(3))


def yes_or_no() -> Sequential:
    return network("binary_crossentropy", Dense(1, activation="sigmoid"))


def words() -> Sequential:
    return network("mse", Lookup(10), Flatten(), Dense(1))


def images() -> Sequential:
    model = Sequential([Input((2, 2, 3)), Flatten(), Dense(1)])
    model.compile("adam", "mse")
    return model


def two_outputs() -> Model:
    x = Input((3,), name="x")
    model = Model(x, [Dense(1, name="a")(x), Dense(1, name="b")(x)])
    model.compile("adam", "mse")
    return model


def two_inputs() -> Model:
    a, b = Input((3,), name="a"), Input((3,), name="b")
    model = Model([a, b], Dense(1)(Add()([a, b])))
    model.compile("adam", "mse")
    return model


def changed(array: Any, index: Any, value: Any, dtype: Any = None) -> Any:
    copy = np.array(array, dtype=dtype)
    copy[index] = value
    return copy


class Case(NamedTuple):
    name: str
    model: Callable[[], Any]
    x: Any
    y: Any
    says: tuple[str, ...]


CASES = [
    Case("nan in x", heights, changed(X, (3, 1), np.nan), HEIGHTS, ("x[3, 1] is nan", "-1 to 1", "nan_to_num")),
    Case("inf in x", heights, changed(X, (2, 0), np.inf), HEIGHTS, ("x[2, 0] is inf", "finite")),
    Case("nan in y", heights, X, changed(HEIGHTS, 4, np.nan), ("y[4, 0] is nan", "run from")),
    Case("inf in y", three, X, changed(X, (1, 2), -np.inf), ("y[1, 2] is -inf",)),
    Case("too large", heights, X, changed(HEIGHTS, 1, 1e300, "float64"), ("y[1, 0]", "float32", "Scale")),
    Case("label too large", classes, X, changed(LABELS, 5, 4), ("y[5] is 4", "4 classes run from 0 to 3", "units")),
    Case("labels from 1", classes, X, LABELS + 1, ("y[3] is 4", "0 to 3", "y - 1")),
    Case("negative label", classes, X, changed(LABELS, 2, -1), ("y[2] is -1", "0 to 3")),
    Case("fractional label", classes, X, changed(LABELS, 6, 1.5, float), ("y[6] is 1.5", "whole")),
    Case("one-hot for labels", classes, X, ROWS, ("(8, 4)", "categorical_crossentropy", "argmax")),
    Case("labels for one-hot", one_hot, X, LABELS, ("(8,)", "sparse_categorical_crossentropy", "to_categorical")),
    Case("class numbers of a sigmoid", yes_or_no, X, LABELS, ("y[2] is 2", "[0, 1]")),
    Case("targets of -1 and 1", yes_or_no, X, np.sign(HEIGHTS), ("is -1", "(y + 1) / 2")),
    Case("too few features", heights, X[:, :2], HEIGHTS, ("x must be shaped (batch, 3), got (8, 2)",)),
    Case("one sample", heights, X[0], HEIGHTS[:1], ("got (3,)", "x[None]")),
    Case("grey images", images, np.zeros((8, 2, 2)), HEIGHTS, ("(batch, 2, 2, 3), got (8, 2, 2)", "[..., None]")),
    Case("(N,) against (N, 3)", three, X, HEIGHTS[:, 0], ("got (8,)", "stretched")),
    Case("(N, 1) against (N, 3)", three, X, HEIGHTS, ("got (8, 1)", "stretched")),
    Case("(N, N) against (N, 1)", heights, X, np.zeros((8, 8)), ("(batch, 1), got (8, 8)",)),
    Case("different lengths", heights, X, HEIGHTS[:7], ("x has 8 samples and y has 7",)),
    Case("empty", heights, X[:0], HEIGHTS[:0], ("x is empty",)),
    Case("empty list", heights, [], [], ("x is empty",)),
    Case("complex", heights, X + 1j, HEIGHTS, ("x holds complex numbers", "x.real")),
    Case("objects", heights, np.array([[1, None, 2]] * 8, dtype=object), HEIGHTS, ("x holds objects",)),
    Case("ragged", heights, [[1, 2, 3], [4, 5]] * 4, HEIGHTS, ("x is no array", "pad_sequences")),
    Case("text", heights, [["a", "b", "c"]] * 8, HEIGHTS, ("x holds text",)),
    Case("masked", heights, np.ma.masked_array(X, X > 0), HEIGHTS, ("masked", "filled")),
    Case("index too large", words, np.full((8, 3), 10), HEIGHTS, ("x[0, 0] is 10", "input_dim=10", "0 to 9")),
    Case("negative index", words, changed(np.ones((8, 3)), (1, 1), -2), HEIGHTS, ("x[1, 1] is -2", "begin at 0")),
    Case("fractional index", words, np.full((8, 3), 0.5), HEIGHTS, ("x[0, 0] is 0.5", "whole numbers")),
    Case("no targets", heights, X, None, ("y is missing",)),
    Case("one target for two outputs", two_outputs, X, HEIGHTS, ("y must hold 2 arrays", "'a', 'b'")),
    Case("three targets for two outputs", two_outputs, X, [HEIGHTS] * 3, ("y must hold 2 arrays", "3")),
    Case("misspelt output", two_outputs, X, {"a": HEIGHTS, "c": HEIGHTS}, ("'c'", "misses ['b']")),
    Case("nan in the second target", two_outputs, X, [HEIGHTS, changed(HEIGHTS, 1, np.nan)], ("y[1][1, 0] is nan",)),
    Case("one input for two", two_inputs, X, HEIGHTS, ("x must hold 2 arrays",)),
    Case("misspelt input", two_inputs, {"a": X, "bb": X}, HEIGHTS, ("'bb'", "misses ['b']")),
    Case("nan in the second input", two_inputs, [X, changed(X, (0, 0), np.nan)], HEIGHTS, ("x[1][0, 0] is nan",)),
]  # fmt: skip


class OneBatch(PyDataset):
    def __init__(self, *items: Any) -> None:
        super().__init__()
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Any:
        return self.items[index]


def as_batch(case: Case) -> Any:
    x = tuple(case.x) if isinstance(case.x, list) and case.model is two_inputs else case.x
    y = tuple(case.y) if isinstance(case.y, list) and case.model is two_outputs else case.y
    return (x,) if y is None else (x, y)


def generator(*items: Any) -> Iterator[Any]:
    yield from items


FORMS: dict[str, Callable[[Any, Case], Any]] = {
    "arrays": lambda model, case: model.fit(case.x, case.y, epochs=2, verbose=0),
    "generator": lambda model, case: model.fit(generator(as_batch(case)), verbose=0),
    "dataset": lambda model, case: model.fit(OneBatch(as_batch(case)), verbose=0),
    "train_on_batch": lambda model, case: model.train_on_batch(case.x, case.y),
    "test_on_batch": lambda model, case: model.test_on_batch(case.x, case.y),
    "evaluate": lambda model, case: model.evaluate(case.x, case.y, verbose=0),
    "validation": lambda model, case: model.fit(*good(case), validation_data=(case.x, case.y), verbose=0),
}


def good(case: Case) -> Any:
    """Data that this case's model can be trained on."""
    model = case.model()
    x: Any = [np.zeros((8, *(t.shape[1:]))) for t in model.inputs]
    y: Any = [np.zeros((8, *slot.shape[1:])) for slot in model.target_slots()]
    return (x if len(x) > 1 else x[0]), (y if len(y) > 1 else y[0])


def arrays_of(model: Any) -> list[int]:
    numbers = model.numbers
    return [id(array) for tree in (numbers.params, numbers.state) for part in tree.values() for array in part.values()]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_data_stop_before_anything_has_changed(case: Case, form: str) -> None:
    model = case.model()
    before, bits = arrays_of(model), [weights.tobytes() for weights in model.get_weights()]
    with pytest.raises((ValueError, TypeError)) as caught:
        FORMS[form](model, case)
    assert arrays_of(model) == before, "the very same arrays"
    assert [weights.tobytes() for weights in model.get_weights()] == bits
    assert model.numbers.moments == {}
    assert model.numbers.step == 0
    for words_said in case.says:
        assert words_said in str(caught.value), str(caught.value)
    if form in ("generator", "dataset"):
        assert str(caught.value).startswith("batch 0: ")


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.says[0][0] == "x" and case.name != "different lengths"],
    ids=lambda case: case.name,
)
@pytest.mark.parametrize("form", ["predict", "predict_on_batch", "call"])
def test_bad_inputs_are_not_predicted_from(case: Case, form: str) -> None:
    if form == "call" and (
        "nan" in case.name
        or "inf" in case.name
        or case.name in ("complex", "empty", "empty list")
        or "index" in case.name
    ):
        pytest.skip("a model that is called computes with what it is given")
    model = case.model()
    with pytest.raises((ValueError, TypeError)) as caught:
        model(case.x) if form == "call" else getattr(model, form)(case.x)
    if form != "call":
        assert case.says[0].split(" has ")[0] in str(caught.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (np.array([["a", "b"]]), r"its input holds text \(dtype <U1\)"),
        ([["a", "b"]], "inputs holds text"),
        (np.array([[1, "b"]], dtype=object), "its input holds objects"),
        ([[1.0, 2.0], [3.0]], "inputs is no array: its rows have different lengths"),
        ("hello", "inputs holds text"),
        (None, "inputs is None"),
    ],
)
def test_a_model_called_on_what_is_no_number_says_so(given: Any, says: str) -> None:
    model = Sequential([Input((2,)), Dense(1)])
    with pytest.raises((ValueError, TypeError), match=f"sequential: {says}"):
        model(given)


def test_a_layer_called_on_words_says_so() -> None:
    with pytest.raises(ValueError, match="dense: its input holds text"):
        Dense(1)(np.array([["a", "b"]]))
    with pytest.raises(ValueError, match=r"called on arrays of numbers, got .*'a'"):
        Dense(1)([["a", "b"]])


def test_a_model_that_reads_words_is_called_on_lists_of_them() -> None:
    words = Input((1,), dtype="string")
    model = Model(words, StringLookup(vocabulary=["a", "b"])(words))
    assert model([["b"], ["a"]]).tolist() == model(np.array([["b"], ["a"]])).tolist() == [[2], [1]]


@pytest.mark.parametrize("make", [lambda *items: generator(*items), OneBatch], ids=["generator", "dataset"])
def test_a_bad_batch_stops_before_its_own_update_and_is_numbered(make: Any) -> None:
    model, expected = heights(), heights()
    expected.set_weights(model.get_weights())
    bad = (changed(X, (3, 1), np.nan), HEIGHTS)
    with pytest.raises(ValueError, match=r"^batch 2: x\[3, 1\] is nan"):
        model.fit(make((X, HEIGHTS), (X, HEIGHTS), bad), shuffle=False, verbose=0)
    assert model.numbers.step == 2
    for _ in range(2):
        expected.train_on_batch(X, HEIGHTS)
    np.testing.assert_array_equal(model.get_weights()[0], expected.get_weights()[0])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"batch_size": 0}, "batch_size must be a positive whole number, got 0"),
        ({"batch_size": 2.5}, "batch_size must be"),
        ({"epochs": -3}, "epochs must be a whole number of at least 0, got -3"),
        ({"epochs": 1.5}, "epochs must be"),
        ({"initial_epoch": -1}, "initial_epoch must be"),
        ({"steps_per_epoch": 0}, "steps"),
        ({"validation_split": 1.0}, "validation_split must be above 0 and below 1"),
        ({"validation_data": (X,)}, "validation_data must be"),
        ({"validation_data": (X, HEIGHTS[:3])}, "x has 8 samples and y has 3"),
        ({"validation_data": (changed(X, 0, np.nan), HEIGHTS)}, "is nan"),
        ({"sample_weight": np.ones(7)}, "sample_weight has 7"),
        ({"sample_weight": np.full(8, np.nan)}, "sample_weight.* is nan"),
        ({"class_weight": {0: np.inf}}, "class_weight"),
        ({"class_weight": [1.0]}, "class_weight must be a dict"),
        ({"callbacks": [print]}, "callbacks"),
        ({"shuffle": "sometimes"}, "shuffle"),
    ],
)
def test_impossible_settings_of_fit_are_refused_by_name(given: dict[str, Any], says: str) -> None:
    model = heights()
    before = arrays_of(model)
    with pytest.raises((ValueError, TypeError), match=says):
        model.fit(X, HEIGHTS, verbose=0, **given)
    assert arrays_of(model) == before


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -0.1, "fast", None])
def test_an_impossible_learning_rate_is_refused(rate: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="learning_rate"):
        heights().compile(optimizers.Adam(rate), "mse")
    model = heights()
    assert model.optimizer is not None
    with pytest.raises((ValueError, TypeError), match="learning_rate"):
        model.optimizer.learning_rate = rate
    assert model.optimizer.learning_rate == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"loss": "mean_square_error"}, "unknown loss 'mean_square_error'. Did you mean 'mean_squared_error'"),
        ({"loss": ["mse", "msee"]}, "unknown loss 'msee'"),
        ({"loss": {"a": "msee"}}, "unknown loss 'msee'"),
        ({"metrics": ["acuracy"]}, "unknown metric 'acuracy'. Did you mean .*'accuracy'"),
        ({"metrics": {"a": "msee"}}, "unknown metric 'msee'"),
        ({"weighted_metrics": ["recal"]}, "unknown metric 'recal'"),
        ({"optimizer": "adma"}, "unknown optimizer 'adma'. Did you mean .*'adam'"),
        ({"loss": 3}, "loss must be"),
        ({"metrics": [3]}, "metric"),
        ({"loss": ["mse"] * 3}, "loss has 3 entries for 2 outputs"),
        ({"loss": {"c": "mse"}}, "loss names 'c', but the outputs are a, b"),
        ({"metrics": ["mae"] * 3}, "metrics has 3 entries for 2 outputs"),
        ({"metrics": {"c": "mae"}}, "metrics names 'c'"),
        ({"loss_weights": [1.0]}, "loss_weights has 1 entries for 2 outputs"),
        ({"loss_weights": {"c": 1.0}}, "loss_weights names 'c'"),
        ({"loss_weights": [1.0, float("nan")]}, "loss_weights"),
        ({"colour": "red"}, "unknown argument 'colour'"),
    ],
)
def test_what_compile_cannot_use_is_refused_at_once_and_by_name(given: dict[str, Any], says: str) -> None:
    model = two_outputs()
    recipe = model.recipe
    with pytest.raises((ValueError, TypeError), match=f"(?s){says}"):
        model.compile(**{"loss": "mse", **given})
    assert model.recipe is recipe


def test_an_output_that_fits_no_loss_is_named() -> None:
    model = Sequential([Input((3,)), Dense(4), Reshape((2, 2))])
    model.compile("sgd", losses.SparseCategoricalCrossentropy())
    with pytest.raises(ValueError, match=r"y must be shaped \(batch, 2\)"):
        model.fit(X, LABELS, verbose=0)
