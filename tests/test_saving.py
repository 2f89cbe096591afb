"""Models in files: what is saved comes back, and a file that is not right is refused by name and changes nothing."""

import io
import json
import pickle
import resource
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Input, Layer, Model, Sequential, losses, optimizers
from pellucid.errors import FormatError, NotBuiltError
from pellucid.layers import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    Lambda,
    LayerNormalization,
    LeakyReLU,
    PReLU,
    Reshape,
    Softmax,
    lambda_layer,
)
from pellucid.models import clone_model, load_model, model_from_json, save_model
from pellucid.utils import set_random_seed

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(12, 4)).astype("float32")
Y = DRAW.normal(size=(12, 2)).astype("float32")


def line() -> Sequential:
    return Sequential(
        [
            Dense(5, activation="tanh", input_shape=(4,), kernel_regularizer="l2"),
            BatchNormalization(),
            Dropout(0.3),
            LayerNormalization(),
            PReLU(),
            Dense(2, kernel_constraint="max_norm"),
        ],
        name="line",
    )


def branching() -> Model:
    x = Input((4,), name="x")
    left, right = Dense(3, activation="relu")(x), Dense(3)(x)
    joined = Concatenate()([Add()([left, right]), left])
    return Model(x, Dense(2, activation="sigmoid")(joined), name="branching")


def nested() -> Model:
    inner = Sequential([Dense(4, activation="tanh", input_shape=(4,)), Dense(4)], name="inner")
    middle_in = Input((4,))
    middle = Model(middle_in, BatchNormalization()(inner(middle_in)), name="middle")
    x = Input((4,))
    return Model(x, Dense(2)(Add()([middle(x), middle(Dense(4)(x))])), name="nested")


def shared() -> Model:
    x, y = Input((4,), name="x"), Input((4,), name="y")
    twin = Dense(3, activation="tanh", name="twin")
    pair = Model([x, y], Add()([twin(x), twin(y)]), name="pair")
    z = Input((4,), name="z")
    return Model(z, Dense(2)(pair([z, pair_input(z)])), name="shared")


def pair_input(z: Any) -> Any:
    return Dense(4)(z)


def deep() -> Sequential:
    inner = Sequential([Dense(3, input_shape=(4,))])
    return Sequential([Input((4,)), Reshape((2, 2)), Flatten(), Sequential([inner, Activation("tanh")]), Dense(2)])


def across() -> Model:
    """A layer and a model that stand in the outer model and in one inside it."""
    twin, inner = Dense(4, name="twin"), Sequential([Dense(4, activation="tanh", input_shape=(4,))], name="inner")
    y, x = Input((4,)), Input((4,))
    middle = Model(y, Add()([inner(y), twin(y)]), name="middle")
    return Model(x, Dense(2)(Add()([middle(x), inner(twin(x))])), name="across")


MODELS = [line, branching, nested, shared, deep, across]


def trained(make: Any, optimizer: Any = "adam", epochs: int = 2) -> Any:
    set_random_seed(7)
    model = make()
    model.compile(optimizer, losses.MeanSquaredError(), metrics=["mae"])
    model.fit(X, Y, epochs=epochs, batch_size=5, verbose=0)
    return model


def same(one: Any, other: Any) -> None:
    mine, theirs = one.get_weights(), other.get_weights()
    assert len(mine) == len(theirs)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


# There and back ----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MODELS)
def test_a_model_comes_back_as_it_was(make: Any, tmp_path: Path) -> None:
    model = make()
    model.save(tmp_path / "model.keras")
    found = load_model(tmp_path / "model.keras")
    same(model, found)
    np.testing.assert_array_equal(model.predict(X, verbose=0), found.predict(X, verbose=0))
    assert found.get_config() == model.get_config()
    assert [layer.name for layer in found.layers] == [layer.name for layer in model.layers]
    assert (found.name, type(found), found.optimizer) == (model.name, type(model), None)
    for weight in found.get_weights():
        assert weight.flags.writeable


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize(
    "optimizer",
    [optimizers.SGD(0.01, momentum=0.9), optimizers.Adam(0.01, amsgrad=True), optimizers.RMSprop(centered=True),
     optimizers.Nadam(0.01, use_ema=True)],
    ids=lambda optimizer: type(optimizer).__name__,
)  # fmt: skip
def test_training_goes_on_bit_for_bit_after_loading(make: Any, optimizer: Any, tmp_path: Path) -> None:
    model = trained(make, optimizers.deserialize(optimizers.serialize(optimizer)))
    model.save(tmp_path / "model.keras")
    found = load_model(tmp_path / "model.keras")
    assert found.optimizer.iterations == model.optimizer.iterations == 6
    assert found.metrics_names == ["loss"]
    histories = []
    for one in (model, found):
        set_random_seed(3)
        histories.append(one.fit(X, Y, epochs=2, batch_size=5, verbose=0).history)
    same(model, found)
    assert histories[0] == histories[1]


def test_a_schedule_goes_on_where_it_was(tmp_path: Path) -> None:
    from pellucid.schedules import ExponentialDecay

    model = trained(line, optimizers.Adam(ExponentialDecay(0.1, 2, 0.5)))
    model.save(tmp_path / "model.keras")
    found = load_model(tmp_path / "model.keras")
    assert found.optimizer.rate_at(6) == pytest.approx(0.1 * 0.5**3)
    for one in (model, found):
        set_random_seed(3)
        one.fit(X, Y, verbose=0)
    same(model, found)


def test_a_learning_rate_that_was_set_by_hand_is_kept(tmp_path: Path) -> None:
    model = trained(line)
    model.optimizer.learning_rate = 0.125
    model.save(tmp_path / "model.keras")
    assert load_model(tmp_path / "model.keras").optimizer.learning_rate == 0.125


def test_compiled_but_untrained_and_uncompiled(tmp_path: Path) -> None:
    model = line()
    model.compile("adam", "mse")
    model.save(tmp_path / "model.keras")
    found = load_model(tmp_path / "model.keras")
    assert found.compiled
    assert found.numbers.step == 0
    assert load_model(tmp_path / "model.keras", compile=False).optimizer is None
    model.fit(X, Y, verbose=0)
    save_model(model, tmp_path / "model.keras", include_optimizer=False)
    assert load_model(tmp_path / "model.keras").numbers.moments == {}


def test_several_outputs_keep_their_losses_and_metrics(tmp_path: Path) -> None:
    x = Input((4,))
    model = Model(x, {"a": Dense(2)(x), "b": Dense(1)(x)})
    model.compile("sgd", {"a": "mse", "b": "mae"}, {"a": 1.0, "b": 0.5}, {"a": ["mae"], "b": []})
    model.fit(X, {"a": Y, "b": Y[:, :1]}, verbose=0)
    model.save(tmp_path / "model.keras")
    found = load_model(tmp_path / "model.keras")
    assert found.evaluate(X, {"a": Y, "b": Y[:, :1]}, verbose=0, return_dict=True) == model.evaluate(
        X, {"a": Y, "b": Y[:, :1]}, verbose=0, return_dict=True
    )
    assert sorted(found.predict(X, verbose=0)) == ["a", "b"]


def test_dict_inputs_also_of_a_model_inside(tmp_path: Path) -> None:
    a, b = Input((4,), name="a"), Input((4,), name="b")
    inner = Model({"first": a, "second": b}, {"sum": Add()([a, b])}, name="inner")
    x = Input((4,))
    model = Model(x, Dense(2)(inner({"second": Dense(4)(x), "first": x})["sum"]))
    model.save(tmp_path / "model.keras")
    found = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(found.predict(X, verbose=0), model.predict(X, verbose=0))


def test_what_is_frozen_stays_frozen(tmp_path: Path) -> None:
    model = line()
    model.layers[0].trainable = False
    model.save(tmp_path / "model.keras")
    found = load_model(tmp_path / "model.keras")
    assert [layer.trainable for layer in found.layers] == [False, True, True, True, True, True]
    assert len(found.trainable_weights) == len(model.trainable_weights)


def test_a_model_without_weights_yet(tmp_path: Path) -> None:
    model = Sequential([Dense(3), Dense(2)])
    with pytest.raises(NotBuiltError):
        model.save_weights(tmp_path / "w.weights.h5")
    model.save(tmp_path / "model.keras")
    found = load_model(tmp_path / "model.keras")
    assert not found.built
    assert found.predict(X, verbose=0).shape == (12, 2)
    assert found.get_weights()[0].std() > 0  # drawn, now that the shape is known


@pytest.mark.parametrize("make", MODELS)
def test_structure_alone_as_json_or_clone(make: Any) -> None:
    model = make()
    text = model.to_json()
    for found in (model_from_json(text), clone_model(model), type(model).from_config(model.get_config())):
        assert found.to_json() == text
        found.set_weights(model.get_weights())
        np.testing.assert_array_equal(found.predict(X, verbose=0), model.predict(X, verbose=0))
        assert not set(found.leaf_layers()) & set(model.leaf_layers())
    assert model_from_json(model.to_json(indent=2)).to_json() == text


# Weights alone -----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MODELS)
def test_weights_alone(make: Any, tmp_path: Path) -> None:
    model, other = make(), make()
    model.save_weights(tmp_path / "w.weights.h5")
    other.load_weights(tmp_path / "w.weights.h5")
    same(model, other)
    model = make()
    model.save(tmp_path / "model.keras")
    other.load_weights(tmp_path / "model.keras")
    same(model, other)


def test_weights_with_the_optimizers_memory(tmp_path: Path) -> None:
    model, other = trained(line), line()
    other.compile("adam", "mse")
    model.save_weights(tmp_path / "w.weights.h5")
    other.load_weights(tmp_path / "w.weights.h5")
    assert other.numbers.step == 6
    for one in (model, other):
        set_random_seed(3)
        one.fit(X, Y, verbose=0)
    same(model, other)


def test_weights_for_another_optimizer_are_loaded_and_the_rest_is_told(tmp_path: Path) -> None:
    model, other = trained(line), line()
    other.compile(optimizers.SGD(0.1), "mse")
    model.save_weights(tmp_path / "w.weights.h5")
    with pytest.warns(UserWarning, match="weights are loaded, the optimizer's memory is not"):
        other.load_weights(tmp_path / "w.weights.h5")
    same(model, other)
    assert other.numbers.step == 0
    assert other.optimizer is not None
    assert other.optimizer.learning_rate == pytest.approx(0.1)


def test_weights_that_do_not_fit_change_nothing_and_both_sides_are_named(tmp_path: Path) -> None:
    line().save_weights(tmp_path / "w.weights.h5")
    model = branching()
    before = model.numbers
    with pytest.raises(FormatError, match=r"w\.weights\.h5.*Only in the model: .*Only in the file: "):
        model.load_weights(tmp_path / "w.weights.h5")
    for (name, old), new in zip(before.params.items(), model.numbers.params.values(), strict=True):
        assert old is new, name
    wider = Sequential([Dense(6, input_shape=(4,))])
    Sequential([Dense(5, input_shape=(4,))]).save_weights(tmp_path / "w.weights.h5")
    with pytest.raises(FormatError, match=r"\(4, 6\).*\(4, 5\)"):
        wider.load_weights(tmp_path / "w.weights.h5")


# Names of files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["model", "model.tf", "model.json", "model.keras.zip", "model.pkl"])
def test_another_ending_is_refused(name: str, tmp_path: Path) -> None:
    model = line()
    with pytest.raises(ValueError, match=r"must end in.*\.keras"):
        model.save(tmp_path / name)
    with pytest.raises(ValueError, match=r"must end in.*\.weights\.h5"):
        model.save_weights(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ValueError, match="must end in"):
        load_model(tmp_path / name)


def test_a_file_that_is_there_is_kept_when_asked(tmp_path: Path) -> None:
    model, path = line(), tmp_path / "model.keras"
    model.save(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save(path, overwrite=False)
    assert path.read_bytes() == before
    model.save_weights(tmp_path / "w.weights.h5", overwrite=False)
    with pytest.raises(FileExistsError):
        model.save_weights(tmp_path / "w.weights.h5", overwrite=False)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"net\.keras: there is no folder '.*nowhere'"):
        line().save(tmp_path / "nowhere" / "net.keras")


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_model(tmp_path / "nowhere.keras")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        line().load_weights(tmp_path / "nowhere.weights.h5")


# Things of one's own -----------------------------------------------------------------------------


class Scale(Layer):
    def __init__(self, factor: float = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def forward(self, params: Any, x: Any) -> Any:
        return x * self.factor, None

    def backward(self, params: Any, cache: Any, dy: Any) -> Any:
        return dy * self.factor, {}


class Half(losses.Loss):
    def call(self, y_true: Any, y_pred: Any) -> Any:
        return ((y_true - y_pred) ** 2).mean(axis=-1) / 2

    def call_backward(self, y_true: Any, y_pred: Any, dl: Any) -> Any:
        return (y_pred - y_true) / y_pred.shape[-1] * dl[..., None]


def worst(y_true: Any, y_pred: Any) -> Any:
    return abs(y_true - y_pred).max(axis=-1)


@pytest.fixture
def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of the functions that this process has written into files."""
    monkeypatch.setattr(lambda_layer, "_written", {})


OPERATIONS = {
    "x / 255.0": lambda x: x / 255.0,
    "1 - x": lambda x: 1 - x,
    "x * array": lambda x: x * np.float32([1, 2, 3, 4]),
    "x + number": lambda x: x + np.float32(0.1),
    "-abs(x)": lambda x: -abs(x),
    "x / (x * x + 1)": lambda x: x / (x * x + 1.0),
    "x ** 2 % 3": lambda x: (x**2) % 3.0,
    "x // x > 0": lambda x: x // 2 > 0,
    "x[:, 1:]": lambda x: x[:, 1:],
    "x[..., None]": lambda x: x[..., None],
    "x[:, -1]": lambda x: x[:, -1],
    "x[:, ::-2]": lambda x: x[:, ::-2],
}


@pytest.mark.parametrize("compute", OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_operators_on_symbolic_values_come_back_in_another_process(
    compute: Any, ending: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    x = Input((4,))
    model = Model(x, compute(x))
    path = tmp_path / f"model{ending}"
    model.save(path)
    request.getfixturevalue("another_process")
    again = load_model(path)
    assert again.output_shape == model.output_shape
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    np.testing.assert_allclose(model.predict(X, verbose=0), compute(X), rtol=1e-6)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X, verbose=0), again.predict(X, verbose=0))


def test_functions_that_no_other_process_can_have_are_told_when_saved(tmp_path: Path) -> None:
    x = Input((4,))
    model = Model(x, Sequential([Lambda(lambda x: 2 * x, name="double"), Dense(1)])(x))
    with pytest.warns(UserWarning, match="double: a file cannot hold these functions"):
        model.save(tmp_path / "model.keras")


@pytest.mark.parametrize(
    "function",
    [
        {"operation": "system", "arguments": [{"input": 0}, 1]},
        {"operation": "matmul", "arguments": [{"input": 0}, {"input": 1}]},
        {"operation": "neg", "arguments": []},
        {"operation": "neg", "arguments": [{"input": 7}]},
        {"operation": "truediv", "arguments": [1, 2]},
        {"operation": "getitem", "arguments": [{"input": 0}, {"array": [0] * 9, "shape": [9], "dtype": "int64"}]},
        {"operation": "getitem", "arguments": [{"input": 0}, {"input": 1}]},
        {"operation": "getitem", "arguments": [{"input": 0}, {"slice": ["a", 0, 1]}]},
        {"operation": "add", "arguments": [{"input": 0}, {"array": ["a"], "shape": [1], "dtype": "object"}]},
        {"operation": "add", "arguments": [{"input": 0}, {"array": [1.0], "shape": [10**9], "dtype": "float32"}]},
        {"operation": "add", "arguments": [{"input": 0}, "text"]},
        {"operation": "add"},
        {},
    ],
)
def test_a_crafted_operation_is_refused(function: Any) -> None:
    with pytest.raises(ValueError, match=r"Lambda|reshape"):
        Lambda(function)


def test_an_operation_on_large_values_takes_no_memory_before_it_computes() -> None:
    tracemalloc.start()
    x, y = Input((10**6, 1)), Input((1, 10**6))
    assert (x / y)[:, 5:].shape == (None, 10**6 - 5, 10**6)
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()


class Oddly(Layer):
    def __init__(this, units: int, **settings: Any) -> None:
        super().__init__(**settings)
        this.units, this.dense = units, Dense(units)

    def call(this, x: Any) -> Any:
        return this.dense(x)


def test_a_layer_may_call_itself_as_it_likes(tmp_path: Path) -> None:
    Sequential([Input((4,)), Oddly(2)]).save(tmp_path / "model.keras")
    assert load_model(tmp_path / "model.keras", custom_objects={"Oddly": Oddly}).layers[0].units == 2


def test_things_of_ones_own_come_back_only_when_they_are_handed_over(tmp_path: Path) -> None:
    model = Sequential([Dense(2, input_shape=(4,)), Scale(3.0)])
    model.compile("sgd", Half(), metrics=[worst])
    model.fit(X, Y, verbose=0)
    path = tmp_path / "model.keras"
    model.save(path)
    with pytest.raises(FormatError, match="unknown layer 'Scale'"):
        load_model(path)
    own = {"Scale": Scale, "Half": Half, "worst": worst}
    found = load_model(path, custom_objects=own)
    assert found.layers[1].factor == 3.0
    assert found.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    with pytest.raises(FormatError, match="Half"):
        load_model(path, custom_objects={"Scale": Scale})
    assert load_model(path, custom_objects={"Scale": Scale}, compile=False).predict(X, verbose=0).shape == (12, 2)


def test_nothing_in_a_file_is_ever_run(tmp_path: Path) -> None:
    line().save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="safe_mode=False is not offered"):
        load_model(tmp_path / "model.keras", safe_mode=False)


# Wrong files -------------------------------------------------------------------------------------


def repacked(path: Path, change: Any) -> Path:
    """The file with its config changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    config = change(config) or config
    members["config.json"] = json.dumps(config).encode()
    new = path.with_name("changed.keras")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    new.write_bytes(buffer.getvalue())
    return new


def layer_config(config: Any, place: int) -> Any:
    return config["config"]["layers"][place]["config"]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    trained(line).save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c["config"]["layers"][1].update(class_name="Desne"), "unknown layer 'Desne'.*Dense"),
        (lambda c: c["config"]["layers"][1].update(class_name="os.system"), "unknown layer"),
        (lambda c: c.update(class_name="Model2"), "unknown layer"),
        (lambda c: c.update(class_name="Dense", config={"units": 3}), "holds a Dense, which is not a model"),
        (lambda c: layer_config(c, 1).update(colour="red"), "colour='red'"),
        (lambda c: layer_config(c, 1).update(units=-1), "units"),
        (lambda c: layer_config(c, 1).update(units="many"), "units"),
        (lambda c: layer_config(c, 1).__delitem__("units"), "units"),
        (lambda c: layer_config(c, 1).update(units=6), "more numbers than the 72"),
        (lambda c: layer_config(c, 1).update(units=4), "Shapes differ"),
        (lambda c: layer_config(c, 1).update(activation="../../etc/passwd"), "unknown activation"),
        (lambda c: layer_config(c, 1).update(kernel_initializer={"class_name": "Lambda"}), "Lambda"),
        (lambda c: c["config"].update(layers="none"), "structure"),
        (lambda c: c["config"].update(layers=[]), "Only in the file"),
        (lambda c: c["config"]["layers"].__delitem__(-1), "Only in the file"),
        (lambda c: c["config"]["layers"].append(c["config"]["layers"][1]), "two layers are called|more numbers"),
        (lambda c: c["compile_config"].update(optimizer="adma"), "adma.*Did you mean"),
        (lambda c: c["compile_config"].update(loss="nothing at all"), "unknown loss"),
        (lambda c: c["compile_config"]["optimizer"]["config"].update(learning_rate="fast"), "compile settings"),
        (lambda c: c["compile_config"]["optimizer"].update(class_name="SGD"), "compile settings|memory"),
        (lambda c: c.update(compile_config=[1]), "compile settings"),
    ],
)
def test_a_crafted_config_is_refused_by_name(saved: Path, change: Any, says: str) -> None:
    changed = repacked(saved, change)
    with pytest.raises(FormatError, match=rf"(?s)changed\.keras: .*({says})"):
        load_model(changed)


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize(
    "change",
    [
        lambda c: layer_config(c, 1).update(units=10**9),
        lambda c: layer_config(c, 1).update(units=10**30),
        lambda c: layer_config(c, 0).update(batch_shape=[None, 10**9]),
        lambda c: layer_config(c, 0).update(batch_shape=[10**9, 10**9]),
        lambda c: layer_config(c, 6).update(units=10**9, kernel_initializer="orthogonal"),
        lambda c: c["compile_config"].update(metrics=[{"class_name": "AUC", "config": {"num_thresholds": 10**9}}]),
        lambda c: c["compile_config"].update(metrics=[{"class_name": "MeanIoU", "config": {"num_classes": 10**6}}]),
    ],
)
def test_sizes_out_of_proportion_take_no_memory(saved: Path, change: Any) -> None:
    changed = repacked(saved, change)
    before = peak()
    with pytest.raises(FormatError, match=r"changed\.keras"):
        load_model(changed)
    assert peak() - before < 64 * 2**20


def test_normalization_without_parameters_is_bounded_by_the_file_too(tmp_path: Path) -> None:
    Sequential([Input((4,)), BatchNormalization(center=False, scale=False)]).save(tmp_path / "model.keras")
    changed = repacked(tmp_path / "model.keras", lambda c: layer_config(c, 0).update(batch_shape=[None, 10**9]))
    before = peak()
    with pytest.raises(FormatError):
        load_model(changed)
    assert peak() - before < 64 * 2**20


def test_models_of_models_of_models_do_not_multiply(tmp_path: Path) -> None:
    """Each level uses the one below ten times: a small file, ten to the power of the levels when laid out flat."""

    def tensor(name: str, place: int = 0) -> dict[str, Any]:
        config = {"shape": [None, 2], "dtype": "float32", "keras_history": [name, place, 0]}
        return {"class_name": "__keras_tensor__", "config": config}

    Sequential([Input((2,)), Activation("relu")]).save(tmp_path / "model.keras")

    def stack(config: dict[str, Any]) -> dict[str, Any]:
        entry = config["config"]["layers"][0]
        inner = config["config"]["layers"][1]
        for level in range(9):
            name = f"level{level}"
            below = inner["config"]["name"]
            nodes = [{"args": [tensor(entry["config"]["name"])], "kwargs": {}}]
            nodes += [{"args": [tensor(below, place)], "kwargs": {}} for place in range(9)]
            ends = [below, 9 + (inner["class_name"] == "Functional"), 0]
            inner = {
                "module": "keras", "class_name": "Functional", "registered_name": None,
                "config": {
                    "name": name, "trainable": True, "input_layers": [entry["config"]["name"], 0, 0],
                    "output_layers": ends,
                    "layers": [{**entry, "name": entry["config"]["name"], "inbound_nodes": []},
                               {**inner, "name": below, "inbound_nodes": nodes}],
                },
            }  # fmt: skip
        return inner

    with pytest.raises(FormatError, match="calls of layers; the limit is"):
        load_model(repacked(tmp_path / "model.keras", stack))


def test_a_long_chain_in_any_order_loads_quickly(tmp_path: Path) -> None:
    x = y = Input((2,))
    for _ in range(300):
        y = Activation("relu")(y)
    Model(x, y).save(tmp_path / "model.keras")
    changed = repacked(tmp_path / "model.keras", lambda c: c["config"]["layers"].reverse())
    assert len(load_model(changed).layers) == 301


def test_a_network_that_reads_from_nowhere_is_refused(tmp_path: Path) -> None:
    branching().save(tmp_path / "model.keras")

    def circle(config: Any) -> None:
        layers = config["config"]["layers"]
        layers[1]["inbound_nodes"] = layers[-1]["inbound_nodes"]

    with pytest.raises(FormatError, match="not there"):
        load_model(repacked(tmp_path / "model.keras", circle))


JUNK: list[Any] = [
    None, True, -1, 0, 1.5, 10**9, 10**400, "", "Dense", "relu", [], {}, [[]], [1, 2, 3], {"class_name": "Dense"},
    {"class_name": "__keras_tensor__", "config": {}}, {"class_name": "Dense", "config": {"units": 10**9}}, "x" * 300,
    ["x", 0, 0], float("inf"), {"config": {}}, "__class__", {"module": "os", "class_name": "system", "config": "ls"},
]  # fmt: skip


def mutate(value: Any, rng: np.random.Generator) -> Any:
    """The same plain data with one place changed."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        name = list(value)[rng.integers(len(value))]
        if rng.random() < 0.1:
            return {other: part for other, part in value.items() if other != name}
        if rng.random() < 0.05:
            return {**value, str(JUNK[rng.integers(len(JUNK))])[:20]: JUNK[rng.integers(len(JUNK))]}
        return {**value, name: mutate(value[name], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        place = int(rng.integers(len(value)))
        if rng.random() < 0.1:
            return value[:place] + value[place + 1 :]
        if rng.random() < 0.1:
            return [*value, value[place]]
        return [*value[:place], mutate(value[place], rng), *value[place + 1 :]]
    return JUNK[rng.integers(len(JUNK))]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", MODELS)
def test_a_bent_config_is_loaded_or_refused_and_nothing_else(make: Any, tmp_path: Path) -> None:
    trained(make, epochs=1).save(tmp_path / "model.keras")
    rng = np.random.default_rng(5)
    before, outcomes = peak(), {"loaded": 0, "refused": 0}
    for _ in range(80):
        changed = repacked(tmp_path / "model.keras", lambda config: mutate(mutate(config, rng), rng))
        try:
            model = load_model(changed)
            assert model.layers
            outcomes["loaded"] += 1
        except FormatError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 10
    assert peak() - before < 64 * 2**20


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_layer_that_serves_as_an_activation_is_saved_with_its_settings(ending: str, tmp_path: Path) -> None:
    model = Sequential(
        [Input((3,)), Dense(4, activation=LeakyReLU(negative_slope=0.7)), Dense(2, activation=Softmax())]
    )
    model.save(tmp_path / f"model{ending}")
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    found = load_model(tmp_path / f"model{ending}")
    np.testing.assert_array_equal(found.predict(x, verbose=0), model.predict(x, verbose=0))


def test_an_optimizer_that_scales_the_loss_goes_on_from_a_file(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    model = Sequential([Input((3,)), Dense(1)])
    model.compile(optimizers.LossScaleOptimizer(optimizers.Adam(0.1)), "mse")
    model.fit(x, x[:, :1], epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    found = load_model(tmp_path / "model.keras")
    assert found.train_on_batch(x, x[:, :1]) == model.train_on_batch(x, x[:, :1])
    np.testing.assert_array_equal(found.get_weights()[0], model.get_weights()[0])
