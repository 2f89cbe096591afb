"""Keras opens what we write, and we read what Keras writes: every weight and every optimizer variable, bit for bit."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pellucid.formats import Document, Entry, fill, group, keras_file, weights_file

Make = Callable[[ModuleType], Any]


def sequential(keras: ModuleType) -> Any:
    layers = keras.layers
    net = [layers.Dense(3, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(2)]
    return keras.Sequential([keras.Input((4,)), *net, layers.LayerNormalization()])


def shared(keras: ModuleType) -> Any:
    x = keras.Input((4,))
    twice = keras.layers.Dense(4, name="used_twice")
    return keras.Model(x, keras.layers.Dense(2)(keras.layers.Add()([twice(x), twice(twice(x))])))


def nested(keras: ModuleType) -> Any:
    inner_x = keras.Input((3,))
    inner = keras.Model(inner_x, keras.layers.Dense(3)(inner_x), name="inner")
    body = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.BatchNormalization()])
    x = keras.Input((4,))
    return keras.Model(x, keras.layers.Dense(2)(inner(inner(body(x)))))


def recurrent(keras: ModuleType) -> Any:
    layers = keras.layers
    steps = [layers.Reshape((2, 2)), layers.LSTM(3, return_sequences=True), layers.Bidirectional(layers.GRU(2))]
    return keras.Sequential([keras.Input((4,)), *steps, layers.Dense(2)])


INPUTS = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
PARTS = ("cell", "forward_layer", "backward_layer")
CASES = [(sequential, None), (sequential, "nadam"), (shared, "sgd"), (nested, "adam"), (recurrent, "adam")]

# Keras itself turns its variables into NumPy arrays in a way that NumPy 2.4 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def trained(keras: ModuleType, make: Make, optimizer: str | None) -> Any:
    keras.utils.set_random_seed(3)
    model = make(keras)
    if optimizer:
        model.compile(optimizer, "mse", metrics=["mae"])
        model.fit(INPUTS, INPUTS[:, :2], verbose=0)
    return model


def optimizer_numbers(model: Any) -> list[np.ndarray] | None:
    optimizer = getattr(model, "optimizer", None)
    return [v.numpy() for v in optimizer.variables] if optimizer else None


def equal(a: list[np.ndarray] | None, b: list[np.ndarray] | None) -> bool:
    if a is None or b is None:
        return a is b
    return len(a) == len(b) and all(x.dtype == y.dtype and np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def entry(layer: Any) -> Entry:
    """What the model floor would hand over for a Keras layer: its own numbers, its layers, its parts."""
    own = [v.numpy() for v in [*layer._trainable_variables, *layer._non_trainable_variables]]
    parts = {name: entry(getattr(layer, name)) for name in PARTS if hasattr(layer, name)}
    return Entry(type(layer).__name__, own, [entry(child) for child in getattr(layer, "layers", ())], parts)


def places(path: Path) -> dict[str, str]:
    """Every array in an HDF5 file by path, with its type and shape."""
    import h5py

    found: dict[str, str] = {}

    def note(place: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[place] = f"{item.dtype} {item.shape}"

    with h5py.File(path) as file:
        file.visititems(note)
    return found


@pytest.mark.parametrize(("make", "optimizer"), CASES)
def test_files_go_both_ways(keras: ModuleType, make: Make, optimizer: str | None, tmp_path: Path) -> None:
    model = trained(keras, make, optimizer)
    numbers = optimizer_numbers(model)
    model.save(tmp_path / "theirs.keras")
    model.save_weights(tmp_path / "theirs.weights.h5")

    whole, weights = keras_file.read(tmp_path / "theirs.keras"), weights_file.read(tmp_path / "theirs.weights.h5")
    for read in (whole, weights):
        assert equal(everything(fill(entry(model), read.weights, "theirs")), everything(entry(model)))
        assert equal(read.optimizer, numbers)

    document = Document(whole.config, group(entry(model)), numbers, {"keras_version": keras.__version__})
    keras_file.write(tmp_path / "ours.keras", document)
    weights_file.write(tmp_path / "ours.weights.h5", document)
    assert places(tmp_path / "ours.weights.h5") == places(tmp_path / "theirs.weights.h5")

    loaded = keras.models.load_model(tmp_path / "ours.keras")
    assert equal(loaded.get_weights(), model.get_weights())
    assert equal(optimizer_numbers(loaded), numbers)
    assert np.array_equal(loaded(INPUTS), model(INPUTS))

    loaded.set_weights([w + 1 for w in loaded.get_weights()])
    loaded.load_weights(tmp_path / "ours.weights.h5")
    assert equal(loaded.get_weights(), model.get_weights())


SMALL_DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}, "registered_name": None}
SMALL_INPUT = {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 3]}}


def test_the_least_config_that_keras_loads(keras: ModuleType, tmp_path: Path) -> None:
    kernel, bias = np.ones((3, 2), "float32"), np.array([1, 2], "float32")
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "net", "layers": [SMALL_INPUT, SMALL_DENSE]},
    }
    weights = group(Entry("Sequential", children=[Entry("InputLayer"), Entry("Dense", [kernel, bias])]))
    keras_file.write(tmp_path / "net.keras", Document(config, weights))
    loaded = keras.models.load_model(tmp_path / "net.keras")
    assert equal(loaded.get_weights(), [kernel, bias])


def test_the_functional_config_that_keras_loads(keras: ModuleType, tmp_path: Path) -> None:
    def tensor(layer: str, *shape: int | None) -> dict[str, Any]:
        history = {"shape": list(shape), "dtype": "float32", "keras_history": [layer, 0, 0]}
        return {"class_name": "__keras_tensor__", "config": history}

    def node(name: str, class_name: str, settings: dict[str, Any], *calls: Any) -> dict[str, Any]:
        inbound = [{"args": [call], "kwargs": {}} for call in calls]
        return {
            "module": "keras.layers",
            "class_name": class_name,
            "config": {"name": name, **settings},
            "registered_name": None,
            "name": name,
            "inbound_nodes": inbound,
        }

    config = {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {
            "name": "net",
            "trainable": True,
            "layers": [
                node("x", "InputLayer", {"batch_shape": [None, 3], "dtype": "float32"}),
                node("a", "Dense", {"units": 3}, tensor("x", None, 3)),
                node("sum", "Add", {}, [tensor("a", None, 3), tensor("x", None, 3)]),
                node("y", "Dense", {"units": 2}, tensor("sum", None, 3)),
            ],
            "input_layers": ["x", 0, 0],
            "output_layers": ["y", 0, 0],
        },
        "registered_name": "Functional",
        "build_config": {"input_shape": None},
        "compile_config": {"optimizer": "sgd", "loss": "mse"},
    }
    first = [np.eye(3, dtype="float32"), np.zeros(3, "float32")]
    second = [np.ones((3, 2), "float32"), np.ones(2, "float32")]
    children = [Entry("InputLayer"), Entry("Dense", first), Entry("Add"), Entry("Dense", second)]
    weights = group(Entry("Functional", children=children))
    keras_file.write(tmp_path / "net.keras", Document(config, weights, [np.int32(5), np.float32(0.25)]))
    loaded = keras.models.load_model(tmp_path / "net.keras")
    assert int(loaded.optimizer.iterations.numpy()) == 5
    assert float(loaded.optimizer.learning_rate.numpy()) == 0.25
    assert equal(loaded.get_weights(), first + second)
    assert np.array_equal(loaded.predict(np.ones((1, 3)), verbose=0), [[7, 7]])


def everything(entry: Entry) -> list[np.ndarray]:
    below = [everything(inner) for inner in (*entry.parts.values(), *entry.children)]
    return [*entry.weights, *(array for arrays in below for array in arrays)]
