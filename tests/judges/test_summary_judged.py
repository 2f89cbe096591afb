"""Our tables are Keras's, to the last space; only the line on fused rules is ours alone."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.backend import clear_session

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch, keras: ModuleType) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    keras.backend.clear_session()
    clear_session()


def course(library: Any) -> Any:
    L = library.layers
    return library.Sequential([library.Input((784,)), L.Dense(64, activation="sigmoid"), L.Dense(10, "softmax")])


def unbuilt(library: Any) -> Any:
    return library.Sequential([library.layers.Dense(3), library.layers.Dropout(0.5), library.layers.Dense(2)])


def built_later(library: Any) -> Any:
    model = unbuilt(library)
    model.build((None, 7))
    return model


def pictures(library: Any) -> Any:
    L = library.layers
    layers = [L.Conv2D(5, 3), L.MaxPooling2D(), L.BatchNormalization(), L.Flatten(), L.Dense(10)]
    return library.Sequential([library.Input((28, 28, 1)), *layers], name="pictures")


def words(library: Any) -> Any:
    L = library.layers
    steps = [L.Embedding(1000, 16), L.Bidirectional(L.LSTM(8, return_sequences=True)), L.GRU(4), L.Dense(1)]
    return library.Sequential([library.Input((None,)), *steps], name="words")


def huge(library: Any) -> Any:
    L = library.layers
    return library.Sequential(
        [library.Input((4,)), L.Dense(1000), L.Dense(100_000, name="a_layer_with_a_long_name_too")]
    )


def straight(library: Any) -> Any:
    x = library.Input((5,), name="x")
    return library.Model(x, library.layers.Dense(2, name="only")(x), name="straight")


def branching(library: Any) -> Any:
    L = library.layers
    x = library.Input((5,), name="x")
    a, b = L.Dense(3, name="a")(x), L.Dense(3, name="b")(x)
    shared = L.Dense(3, name="shared")
    joined = L.Concatenate(name="joined")([shared(L.Add(name="sum")([a, b])), shared(a)])
    return library.Model(x, [joined, L.Dense(1, name="head")(joined)], name="branching")


def nested(library: Any) -> Any:
    L = library.layers
    inner = library.Sequential([library.Input((5,)), L.Dense(4, name="i1"), L.Dense(5, name="i2")], name="inner")
    y = library.Input((5,), name="y")
    middle = library.Model(y, L.BatchNormalization(name="bn")(inner(y)), name="middle")
    x = library.Input((5,), name="x")
    return library.Model(x, L.Dense(2, name="last")(middle(x)), name="outer")


def nested_twice(library: Any) -> Any:
    L = library.layers
    y = library.Input((5,), name="y")
    inner = library.Model(y, L.Dense(5, name="d")(y), name="inner")
    x = library.Input((5,), name="x")
    return library.Model(x, L.Add(name="sum")([inner(x), inner(inner(x))]), name="twice")


def multi_input(library: Any) -> Any:
    L = library.layers
    a, b = library.Input((5,), name="a"), library.Input((3, 2), name="b")
    return library.Model([a, b], L.Concatenate(name="both")([a, L.Flatten(name="flat")(b)]), name="inputs")


def frozen(library: Any) -> Any:
    model = pictures(library)
    model.layers[0].trainable = False
    return model


MODELS: list[Callable[[Any], Any]] = [
    course, unbuilt, built_later, pictures, words, huge, straight, branching, nested, nested_twice, multi_input, frozen,
]  # fmt: skip
SETTINGS: list[dict[str, Any]] = [
    {},
    {"expand_nested": True},
    {"show_trainable": True},
    {"expand_nested": True, "show_trainable": True},
    {"line_length": 60},
    {"line_length": 79, "positions": [0.4, 0.6, 0.8, 1.0]},
]


def table(model: Any, **given: Any) -> str:
    said: list[str] = []
    model.summary(print_fn=lambda text, **_: said.append(text), **given)
    return "".join(said)


@pytest.mark.parametrize("given", SETTINGS, ids=lambda given: ",".join(given) or "plain")
@pytest.mark.parametrize("make", MODELS)
def test_the_table_is_keras_to_the_letter(keras: ModuleType, make: Callable[[Any], Any], given: dict[str, Any]) -> None:
    ours, theirs = make(pellucid), make(keras)
    if "positions" in given and "Connected" not in table(ours):
        given = {**given, "positions": [0.4, 0.7, 1.0]}
    assert table(ours, **given) == table(theirs, **given)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_after_training_the_optimizer_is_counted_too(keras: ModuleType, optimizer: str) -> None:
    tables = []
    for library in (pellucid, keras):
        model = course(library)
        model.compile(optimizer, loss="mse")
        before = table(model)
        model.fit(np.zeros((4, 784)), np.zeros((4, 10)), verbose=0)
        tables.append((before, table(model)))
    assert tables[0] == tables[1]


def test_the_fused_rule_is_the_only_line_of_our_own(keras: ModuleType) -> None:
    tables = []
    for library in (pellucid, keras):
        model = course(library)
        model.compile("sgd", loss="categorical_crossentropy")
        tables.append(table(model).splitlines(keepends=True))
    ours, theirs = tables
    assert [line for line in ours if not line.startswith(" Fused: ")] == theirs
    assert len(ours) == len(theirs) + 1
