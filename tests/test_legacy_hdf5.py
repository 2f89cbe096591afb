"""Keras's older HDF5 files: what goes in comes out, files of Keras 1 and 2 mean today what they meant, attacks fail."""

import io
import json
import random
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pellucid import Input, Model, Sequential
from pellucid.errors import FormatError
from pellucid.formats import legacy_hdf5
from pellucid.formats.legacy_hdf5 import LegacyDocument
from pellucid.layers import BatchNormalization, Dense, Dropout
from pellucid.layers.conv import Conv2D
from pellucid.layers.lstm import LSTM
from pellucid.saving import load_model, optimizer_numbers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(8, 4)).astype("float32")


def network(units: int = 3) -> Any:
    """A model with a model inside, so that weights lie at two depths."""
    x = Input((4,), name="x")
    inner = Sequential([Input((units,)), Dense(3, name="deep"), BatchNormalization(name="norm")], name="inner")
    return Model(x, Dense(2, name="head")(Dropout(0.5)(inner(Dense(units, name="first")(x)))))


def trained() -> Any:
    model = network()
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(X, X[:, :2], epochs=2, verbose=0)
    return model


def equal(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return len(a) == len(b) and all(x.dtype == y.dtype and np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def written(path: Path, make: Callable[[Any], object], **settings: Any) -> Path:
    """An HDF5 file that `make` filled."""
    with h5py.File(path, "w", **settings) as file:
        make(file)
    return path


def put(group: Any, name: str, weights: dict[str, Any]) -> None:
    """A layer's group as Keras wrote it, up to version 3: the names as fixed texts, then an array under each."""
    inside = group.create_group(name)
    inside.attrs["weight_names"] = [text.encode() for text in weights]
    for text, values in weights.items():
        inside[text] = values


# Round trips.


@pytest.mark.parametrize("ending", [".h5", ".hdf5"])
def test_a_whole_model_comes_back_with_its_optimizer(ending: str, tmp_path: Path) -> None:
    model = trained()
    model.save(tmp_path / f"net{ending}")
    back = load_model(tmp_path / f"net{ending}")
    assert equal(back.get_weights(), model.get_weights())
    assert equal(optimizer_numbers(back) or [], optimizer_numbers(model) or [])
    assert np.array_equal(back.predict(X, verbose=0), model.predict(X, verbose=0))
    for each in (back, model):
        each.optimizer.learning_rate = 0.5
        each.fit(X, X[:, :2], epochs=1, verbose=0, shuffle=False)
    assert back.optimizer.iterations == model.optimizer.iterations == 3


def test_weights_alone_come_back(tmp_path: Path) -> None:
    model, other = trained(), network()
    model.save_weights(tmp_path / "w.h5")
    other.load_weights(tmp_path / "w.h5")
    assert equal(other.get_weights(), model.get_weights())
    with pytest.raises(FormatError, match="weights alone"):
        load_model(tmp_path / "w.h5")


def test_the_weights_of_a_whole_model_are_loaded_too(tmp_path: Path) -> None:
    model, other = trained(), network()
    model.save(tmp_path / "net.hdf5")
    other.load_weights(tmp_path / "net.hdf5")
    assert equal(other.get_weights(), model.get_weights())


def test_a_file_is_known_by_what_it_is_not_by_its_name(tmp_path: Path) -> None:
    model = trained()
    model.save(tmp_path / "old.h5")
    (tmp_path / "old.h5").rename(tmp_path / "net.keras")
    assert equal(load_model(tmp_path / "net.keras").get_weights(), model.get_weights())
    model.save(tmp_path / "new.keras")
    (tmp_path / "new.keras").rename(tmp_path / "net.h5")
    assert equal(load_model(tmp_path / "net.h5").get_weights(), model.get_weights())


def test_save_format_says_what_the_name_does_not(tmp_path: Path) -> None:
    model = trained()
    model.save_weights(tmp_path / "checkpoint", save_format="h5")
    assert legacy_hdf5.read(tmp_path / "checkpoint").config is None
    with pytest.raises(ValueError, match="save_format"):
        model.save(tmp_path / "checkpoint", save_format="tf")


def test_the_same_document_gives_the_same_bytes() -> None:
    document = LegacyDocument({"a": {"a/kernel": np.ones((2, 3), "float32")}, "b": {}}, {"class_name": "x"})
    assert legacy_hdf5.encode(document) == legacy_hdf5.encode(document)


def test_long_lists_of_layers_are_cut_and_joined(tmp_path: Path) -> None:
    names = [f"a_layer_with_a_name_of_some_length_{i:05}" for i in range(2000)]
    document = LegacyDocument({name: {f"{name}/kernel": np.float32([i])} for i, name in enumerate(names)})
    legacy_hdf5.write(tmp_path / "long.h5", document)
    with h5py.File(tmp_path / "long.h5") as file:
        assert "layer_names" not in file.attrs
        assert len(file.attrs["layer_names1"]) > 100
    assert list(legacy_hdf5.read(tmp_path / "long.h5").layers) == names


# By order and by name.


def test_by_order_the_names_do_not_matter(tmp_path: Path) -> None:
    model = Sequential([Input((4,)), Dense(3, name="a"), Dense(2, name="b")])
    other = Sequential([Input((4,)), Dense(3, name="c"), Dropout(0.1), Dense(2, name="d")])
    model.save_weights(tmp_path / "w.h5")
    other.load_weights(tmp_path / "w.h5")
    assert equal(other.get_weights(), model.get_weights())


def test_by_name_only_the_named_layers_change(tmp_path: Path) -> None:
    model = Sequential([Input((4,)), Dense(3, name="body"), Dense(2, name="head")])
    other = Sequential([Input((4,)), Dense(3, name="body"), Dense(5, name="new_head")])
    head = other.layers[1].get_weights()
    model.save_weights(tmp_path / "w.h5")
    with pytest.raises(FormatError, match=r"head \(model \(3, 5\), \(5,\), file \(3, 2\), \(2,\)\)"):
        other.load_weights(tmp_path / "w.h5")
    other.load_weights(tmp_path / "w.h5", by_name=True)
    assert equal(other.layers[0].get_weights(), model.layers[0].get_weights())
    assert equal(other.layers[1].get_weights(), head)


def test_by_name_with_no_match_lists_both_sides(tmp_path: Path) -> None:
    Sequential([Input((4,)), Dense(3, name="theirs")]).save_weights(tmp_path / "w.h5")
    model = Sequential([Input((4,)), Dense(3, name="ours")])
    with pytest.raises(FormatError, match=r"In the file: theirs. In the model: ours."):
        model.load_weights(tmp_path / "w.h5", by_name=True)


def test_another_number_of_layers_lists_both_sides(tmp_path: Path) -> None:
    Sequential([Input((4,)), Dense(4, name="a"), Dense(3, name="b")]).save_weights(tmp_path / "w.h5")
    model = Sequential([Input((4,)), Dense(3, name="c")])
    with pytest.raises(FormatError, match=r"2 layers with weights and the model has 1. In the file: a, b. .*: c\."):
        model.load_weights(tmp_path / "w.h5", skip_mismatch=True)


@pytest.mark.parametrize("by_name", [False, True])
def test_skip_mismatch_says_what_it_skipped(by_name: bool, tmp_path: Path) -> None:
    Sequential([Input((4,)), Dense(3, name="a"), Dense(2, name="b")]).save_weights(tmp_path / "w.h5")
    model = Sequential([Input((4,)), Dense(3, name="a"), Dense(5, name="b")])
    kept = model.layers[1].get_weights()
    with pytest.warns(UserWarning, match=r"not loaded.* b \(model \(3, 5\)"):
        model.load_weights(tmp_path / "w.h5", by_name=by_name, skip_mismatch=True)
    assert equal(model.layers[1].get_weights(), kept)


def test_a_load_that_fails_changes_nothing(tmp_path: Path) -> None:
    Sequential([Input((4,)), Dense(3), Dense(2)]).save_weights(tmp_path / "w.h5")
    model = Sequential([Input((4,)), Dense(3), Dense(5)])
    before = model.get_weights()
    with pytest.raises(FormatError):
        model.load_weights(tmp_path / "w.h5")
    assert equal(model.get_weights(), before)


# Files of Keras 1 and 2, written here in their form.

KERNEL, BIAS = RNG.normal(size=(4, 3)).astype("float32"), np.float32([1, 2, 3])


def keras_1_dense(file: Any) -> None:
    config = {
        "name": "dense_1", "trainable": True, "output_dim": 3, "init": "glorot_uniform", "activation": "linear",
        "W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01}, "b_regularizer": None,
        "activity_regularizer": None, "W_constraint": None, "b_constraint": None, "bias": True, "input_dim": 4,
        "batch_input_shape": [None, 4], "input_dtype": "float32",
    }  # fmt: skip
    model = {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": config}]}
    training = {
        "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.25, "momentum": 0.5, "decay": 0.0}},
        "loss": "mse", "metrics": ["accuracy"], "sample_weight_mode": None, "loss_weights": None,
    }  # fmt: skip
    file.attrs["keras_version"] = b"1.2.2"
    file.attrs["model_config"] = json.dumps(model).encode()
    file.attrs["training_config"] = json.dumps(training).encode()
    group = file.create_group("model_weights")
    group.attrs["layer_names"] = [b"dense_1"]
    put(group, "dense_1", {"dense_1_W": KERNEL, "dense_1_b": BIAS})
    put(file, "optimizer_weights", {"iterations": np.float32(7), "w_moment": KERNEL, "b_moment": BIAS})


def test_a_model_of_keras_1(tmp_path: Path) -> None:
    model = load_model(written(tmp_path / "old.h5", keras_1_dense))
    assert np.array_equal(model.predict(X, verbose=0), X @ KERNEL + BIAS)
    assert model.layers[0].kernel_regularizer.l2 == pytest.approx(0.01)
    assert model.optimizer.learning_rate == pytest.approx(0.25)
    assert model.optimizer.iterations == 7
    assert np.array_equal(model.numbers.moments["slots"]["dense_1"]["kernel"]["momentum"], KERNEL)


def keras_2_functional(file: Any) -> None:
    def layer(kind: str, name: str, settings: dict[str, Any], *reads: str) -> dict[str, Any]:
        config = {"name": name, "trainable": True, "dtype": "float32", **settings}
        return {"class_name": kind, "name": name, "config": config,
                "inbound_nodes": [[[read, 0, 0, {}] for read in reads]] if reads else []}  # fmt: skip

    variance = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None}
    init = {"kernel_initializer": {"class_name": "VarianceScaling", "config": variance}}
    layers = [
        layer("InputLayer", "input_1", {"batch_input_shape": [None, 4], "sparse": False}),
        layer("Dense", "left", {"units": 3, **init}, "input_1"),
        layer("Dense", "right", {"units": 3, **init}, "input_1"),
        layer("Add", "sum", {}, "left", "right"),
    ]
    config = {
        "name": "model_1",
        "layers": layers,
        "input_layers": [["input_1", 0, 0]],
        "output_layers": [["sum", 0, 0]],
    }
    loss = {"class_name": "MeanSquaredError", "config": {"reduction": "auto", "name": "mean_squared_error"}}
    metric = {
        "class_name": "MeanMetricWrapper",
        "config": {"name": "mae", "dtype": "float32", "fn": "mean_absolute_error"},
    }
    adam = {"name": "Adam", "learning_rate": 0.125, "decay": 0.0, "beta_1": 0.9, "epsilon": 1e-7}
    training = {"loss": loss, "metrics": [[metric]], "weighted_metrics": None, "loss_weights": None,
                "optimizer_config": {"class_name": "Adam", "config": adam}}  # fmt: skip
    file.attrs.update({"keras_version": b"2.4.0", "backend": b"tensorflow"})
    file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": config}).encode()
    file.attrs["training_config"] = json.dumps(training).encode()
    group = file.create_group("model_weights")
    group.attrs["layer_names"] = [b"input_1", b"left", b"right", b"sum"]
    put(group, "left", {"left/kernel:0": KERNEL, "left/bias:0": BIAS})
    put(group, "right", {"right/kernel:0": KERNEL * 2, "right/bias:0": BIAS})
    for empty in ("input_1", "sum"):
        group.create_group(empty).attrs["weight_names"] = []
    memory = [KERNEL, BIAS, KERNEL + 1, BIAS + 1]
    slots = {f"Adam/m/{i}": array for i, array in enumerate(memory)} | {
        f"Adam/v/{i}": a * a for i, a in enumerate(memory)
    }
    put(file, "optimizer_weights", {"Adam/iter:0": np.int64(9), **slots})


def test_a_model_of_keras_2(tmp_path: Path) -> None:
    model = load_model(written(tmp_path / "old.h5", keras_2_functional))
    assert np.allclose(model.predict(X, verbose=0), 3 * X @ KERNEL + 2 * BIAS, atol=1e-5)
    slots = model.numbers.moments["slots"]
    assert model.optimizer.iterations == 9
    assert np.array_equal(slots["right"]["kernel"]["momentum"], KERNEL + 1)
    assert np.array_equal(slots["left"]["bias"]["velocity"], BIAS * BIAS)
    assert set(model.evaluate(X, X[:, :3], verbose=0, return_dict=True)) == {"loss", "mean_absolute_error"}


def test_memory_that_does_not_fit_is_dropped_with_a_word(tmp_path: Path) -> None:
    def make(file: Any) -> None:
        keras_1_dense(file)
        del file["optimizer_weights"]
        put(file, "optimizer_weights", {"iterations": np.float32(7), "w": KERNEL})

    with pytest.warns(UserWarning, match="the optimizer starts afresh"):
        model = load_model(written(tmp_path / "old.h5", make))
    assert np.array_equal(model.get_weights()[0], KERNEL)


def test_an_lstm_of_keras_1_in_twelve_arrays(tmp_path: Path) -> None:
    parts = {f"{gate}{kind}": RNG.normal(size=shape).astype("float32")
             for gate in "icfo" for kind, shape in (("W", (4, 2)), ("U", (2, 2)), ("b", (2,)))}  # fmt: skip

    def make(file: Any) -> None:
        file.attrs["layer_names"] = [b"lstm_1"]
        file.attrs["keras_version"] = b"1.1.0"
        put(file, "lstm_1", parts)

    model = Sequential([Input((5, 4)), LSTM(2)])
    model.load_weights(written(tmp_path / "w.h5", make))
    for weights, kind in zip(model.get_weights(), "WUb", strict=True):
        assert np.array_equal(weights, np.concatenate([parts[f"{gate}{kind}"] for gate in "ifco"], -1))


def test_kernels_of_theano_are_turned(tmp_path: Path) -> None:
    kernel = RNG.normal(size=(5, 2, 3, 3)).astype("float32")  # (F, C, KH, KW)

    def make(file: Any) -> None:
        file.attrs.update({"layer_names": [b"c"], "keras_version": b"1.2.0", "backend": b"theano"})
        put(file, "c", {"c_W": kernel, "c_b": np.zeros(5, "float32")})

    model = Sequential([Input((6, 6, 2)), Conv2D(5, 3)])
    model.load_weights(written(tmp_path / "w.h5", make))
    assert np.array_equal(model.get_weights()[0], kernel.transpose(2, 3, 1, 0)[::-1, ::-1])


def test_hard_sigmoid_of_that_time_keeps_its_meaning(tmp_path: Path) -> None:
    def make(file: Any) -> None:
        keras_1_dense(file)
        file.attrs["model_config"] = file.attrs["model_config"].replace("linear", "hard_sigmoid")

    model = load_model(written(tmp_path / "old.h5", make))
    assert model.layers[0].activation.name == "keras_2_hard_sigmoid"
    again = tmp_path / "new.keras"
    model.save(again)
    assert load_model(again).layers[0].activation.name == "keras_2_hard_sigmoid"


@pytest.mark.parametrize("length", [None, 40])
def test_names_of_both_kinds_of_text_are_read(length: int | None, tmp_path: Path) -> None:
    def make(file: Any) -> None:
        kind = h5py.string_dtype("utf-8", length)
        file.attrs.create("layer_names", [b"dense_\xc3\xa4"], dtype=kind)
        group = file.create_group("dense_ä")
        group.attrs.create("weight_names", [b"kernel"], dtype=kind)
        group["kernel"] = KERNEL

    for libver in ("earliest", "latest"):
        path = written(tmp_path / f"{libver}.h5", make, libver=libver)
        assert np.array_equal(legacy_hdf5.read(path).layers["dense_ä"]["kernel"], KERNEL)


# Attacks.


def names_nothing(file: Any) -> None:
    file["a/kernel"] = KERNEL


def lacks_an_array(file: Any) -> None:
    file.attrs["layer_names"] = [b"a"]
    file.create_group("a").attrs["weight_names"] = [b"kernel"]


def lists_a_layer_twice(file: Any) -> None:
    file.attrs["layer_names"] = [b"a", b"a"]
    put(file, "a", {"kernel": KERNEL})


def lists_an_array_twice(file: Any) -> None:
    file.attrs["layer_names"] = [b"a", b"a/b"]
    put(file, "a", {"b/kernel": KERNEL})
    file["a/b"].attrs["weight_names"] = [b"kernel"]


def points_elsewhere(file: Any) -> None:
    file.attrs["layer_names"] = [b"a"]
    file.create_group("a").attrs["weight_names"] = [b"kernel"]
    file["a/kernel"] = h5py.ExternalLink("/etc/passwd", "/secret")


def holds_nan(file: Any) -> None:
    file.attrs["layer_names"] = [b"a"]
    put(file, "a", {"kernel": KERNEL * np.nan})


def names_are_numbers(file: Any) -> None:
    file.attrs["layer_names"] = [1, 2]


def config_is_a_number(file: Any) -> None:
    keras_1_dense(file)
    file.attrs["model_config"] = 3


def config_is_no_json(file: Any) -> None:
    keras_1_dense(file)
    file.attrs["model_config"] = "{"


def config_is_deep(file: Any) -> None:
    keras_1_dense(file)
    file.attrs["model_config"] = '{"a":' + "[" * 1000 + "]" * 1000 + "}"


def config_names_code(file: Any) -> None:
    keras_1_dense(file)
    file.attrs["model_config"] = json.dumps({"class_name": "os.system", "config": {"command": "true"}})


def config_carries_code(file: Any) -> None:
    keras_1_dense(file)
    function = {"function": ["4wEAAAAAAAAA", None, None], "function_type": "lambda", "module": "os"}
    layer = {"class_name": "Lambda", "config": {"name": "evil", "batch_input_shape": [None, 4], **function}}
    file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": [layer]})


def config_wants_more_than_there_is(file: Any) -> None:
    keras_1_dense(file)
    file.attrs["model_config"] = file.attrs["model_config"].replace('"output_dim": 3', '"output_dim": 3000000000')


def many_names_of_one_piece(file: Any) -> None:
    file.attrs["layer_names"] = ["a" * 60_000] * 4000


ATTACKS = [
    (names_nothing, "is not a numbered array"),
    (lacks_an_array, "is not there"),
    (lists_a_layer_twice, "a layer twice"),
    (lists_an_array_twice, "not there, or twice"),
    (points_elsewhere, "link to elsewhere"),
    (holds_nan, "NaN"),
    (names_are_numbers, "does not hold texts"),
    (config_is_a_number, "does not hold texts"),
    (config_is_no_json, "not sound JSON"),
    (config_is_deep, "nests deeper"),
    (config_names_code, "unknown layer"),
    (config_carries_code, "structure cannot be used"),
    (config_wants_more_than_there_is, "structure cannot be used"),
    (many_names_of_one_piece, "."),
]


@pytest.mark.parametrize(("attack", "reason"), ATTACKS, ids=lambda part: getattr(part, "__name__", ""))
def test_crafted_files_are_refused(attack: Callable[[Any], object], reason: str, tmp_path: Path) -> None:
    path = written(tmp_path / "bad.h5", attack)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match=reason) as caught:
            load_model(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= 2 * path.stat().st_size + 64 * 2**20
    assert len(str(caught.value)) < 2000


def foreign_file() -> bytes:
    """A file without checksums, as Keras writes it: texts in heaps and in place."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        keras_2_functional(file)
    return buffer.getvalue()


def test_damaged_files_are_refused_or_read_never_worse(tmp_path: Path) -> None:
    """Bytes changed, cut and put in at random: FormatError or a document, in little time; nothing else."""
    draw, good, path = random.Random(0), foreign_file(), tmp_path / "damaged.h5"
    for _ in range(1500):
        data = bytearray(good)
        for _ in range(draw.randint(1, 8)):
            at = draw.randrange(len(data))
            data[at] = draw.choice((0, 255, data[at] ^ 1 << draw.randrange(8), draw.randrange(256)))
        if draw.random() < 0.1:
            data = data[: draw.randrange(len(data))]
        path.write_bytes(data)
        try:
            legacy_hdf5.read(path)
        except FormatError:
            continue


def test_damaged_models_are_refused_or_built_never_worse(tmp_path: Path) -> None:
    """The same, up to the model: whatever is wrong with a config is the file's fault."""
    draw, good, path = random.Random(1), foreign_file(), tmp_path / "damaged.h5"
    start = good.index(b'{"class_name": "Functional"')
    for _ in range(300):
        data = bytearray(good)
        for _ in range(draw.randint(1, 4)):
            data[start + draw.randrange(1400)] = draw.choice(b'0123456789"{}[]:, nullxyz')
        path.write_bytes(data)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                load_model(path)
        except FormatError:
            continue


def test_flipped_bits_in_our_files_are_found(tmp_path: Path) -> None:
    """Each byte that carries a text or a number; bytes that mean nothing (gaps, HDF5's own hints) may differ."""
    model = Sequential([Input((4,)), Dense(3, name="only")])
    model.compile("sgd", "mse")
    path = tmp_path / "net.h5"
    model.save(path)
    good, draw = path.read_bytes(), random.Random(2)
    sound = legacy_hdf5.read(path)
    for at in [draw.randrange(len(good)) for _ in range(1000)]:
        data = bytearray(good)
        data[at] ^= 1 << draw.randrange(8)
        path.write_bytes(data)
        try:
            found = legacy_hdf5.read(path)
        except FormatError:
            continue
        assert (found.config, found.training, found.keras_version, found.backend) == (
            sound.config, sound.training, sound.keras_version, sound.backend)  # fmt: skip
        assert list(found.layers) == list(sound.layers)
        for name, weights in sound.layers.items():
            assert list(found.layers[name]) == list(weights)
            assert equal(list(found.layers[name].values()), list(weights.values()))
