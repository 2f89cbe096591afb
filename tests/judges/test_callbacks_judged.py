"""Keras, TensorBoard's own reader and Pillow judge the callbacks."""

import glob
import io
import re
import sys
import warnings
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pellucid import Input, layers, models
from pellucid import callbacks as ours
from pellucid.callbacks.event_file import EventFile, png
from pellucid.callbacks.monitor import better
from pellucid.utils import progbar


class Clock:
    """A clock that a test moves; stands in for the time module."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now


def screen_text(written: str) -> str:
    """The same as a terminal shows it: a redrawn line starts at "\\r", whatever went back before it."""
    return re.sub("\b+", "", written)


@pytest.mark.parametrize("target", [1, 12, 469, 100_000, None])
@pytest.mark.parametrize("verbose", [1, 2])
@pytest.mark.parametrize("seconds", [0.0003, 0.03, 2.0, 40.0, 4000.0])
def test_the_line_is_drawn_as_keras_draws_it(
    keras: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: Any, target: int | None, verbose: int, seconds: float
) -> None:
    written = []
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "500")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for module, make in ((sys.modules["keras.src.utils.progbar"], keras.utils.Progbar), (progbar, progbar.Progbar)):
        clock = Clock()
        monkeypatch.setattr(module, "time", clock)
        bar = make(target, verbose=verbose, stateful_metrics=["accuracy"])
        for step in range(1, min(target or 20, 20) + 1):
            clock.now += seconds
            bar.update(step, [("loss", 1 / step), ("accuracy", 0.0005 * step)])
        clock.now += 0.5
        bar.update(target or 20, [("loss", 0.25), ("val_loss", 12345.678)], finalize=True)
        written.append(screen_text(capsys.readouterr().out))
    assert written[1] == written[0]


VALUES = {
    "falls": [0.9, 0.7, 0.8, 0.3, 0.31, 0.32, 0.33, 0.2],
    "flat": [0.5] * 8,
    "rises": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
    "jagged": list(np.random.default_rng(3).random(12)),
}


class Model:
    """What both libraries' callbacks ask of a model here."""

    def __init__(self) -> None:
        self.optimizer = SimpleNamespace(learning_rate=0.1)
        self.stop_training = False
        self.weights: list[Any] = [0]
        self.saved: list[str] = []

    def get_weights(self) -> list[Any]:
        return self.weights

    def set_weights(self, weights: list[Any]) -> None:
        self.weights = weights

    def save(self, path: str, overwrite: bool = True) -> None:
        self.saved.append(path)


def story(callback: Any, values: list[float]) -> dict[str, Any]:
    """What a training with these losses becomes under a callback."""
    model = Model()
    callback.set_model(model)
    callback.set_params({"epochs": len(values), "steps": 1, "verbose": 0})
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        model.weights = [epoch]
        logs = {"val_loss": float(value), "loss": 1.0}
        callback.on_epoch_end(epoch, logs)
        rates.append(float(model.optimizer.learning_rate))
        if model.stop_training:
            break
    callback.on_train_end()
    return {"epochs": len(rates), "rates": rates, "weights": model.weights, "saved": model.saved}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("EarlyStopping", {"patience": 1, "verbose": 1}),
        ("EarlyStopping", {"patience": 2, "restore_best_weights": True, "verbose": 1}),
        ("EarlyStopping", {"patience": 2, "min_delta": 0.15, "start_from_epoch": 2}),
        ("EarlyStopping", {"patience": 3, "baseline": 0.35, "restore_best_weights": True}),
        ("EarlyStopping", {"mode": "max"}),
        ("ReduceLROnPlateau", {"patience": 1, "factor": 0.5, "verbose": 1}),
        ("ReduceLROnPlateau", {"patience": 2, "cooldown": 2, "min_lr": 0.002, "min_delta": 0.05, "verbose": 1}),
        ("ModelCheckpoint", {"filepath": "nowhere.{epoch:02d}-{val_loss:.2f}.keras", "verbose": 1}),
        ("ModelCheckpoint", {"filepath": "nowhere.keras", "save_best_only": True, "verbose": 1}),
        (
            "ModelCheckpoint",
            {"filepath": "n.keras", "save_best_only": True, "initial_value_threshold": 0.6, "mode": "max"},
        ),
        ("LearningRateScheduler", {"schedule": lambda epoch, rate: rate * 0.5, "verbose": 1}),
        ("LearningRateScheduler", {"schedule": lambda epoch: 1 / (epoch + 1), "verbose": 1}),
    ],
)
def test_callbacks_act_and_speak_as_in_keras(
    keras: ModuleType, capsys: Any, name: str, settings: dict[str, Any], values: list[float]
) -> None:
    expected = story(getattr(keras.callbacks, name)(**settings), values)
    expected_words = capsys.readouterr().out
    found = story(getattr(ours, name)(**settings), values)
    assert found == expected
    assert capsys.readouterr().out == expected_words


def test_arguments_and_defaults_are_those_of_keras(keras: ModuleType) -> None:
    import inspect

    for name in ours.__all__:
        theirs = inspect.signature(getattr(keras.callbacks, name).__init__).parameters
        own = inspect.signature(getattr(ours, name).__init__).parameters
        for argument, parameter in theirs.items():
            if parameter.kind is parameter.VAR_KEYWORD:
                continue
            assert own[argument].default == parameter.default, (name, argument)
        positional = [n for n, p in own.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert positional == [n for n, p in theirs.items() if p.kind is p.POSITIONAL_OR_KEYWORD], name


def test_tables_are_those_of_keras(keras: ModuleType, tmp_path: Any) -> None:
    rows = [{"loss": 1.5, "accuracy": 0.25, "list": [1, 2]}, {"loss": 0.5, "val_loss": 1.0, "text": "a,b"}]
    for make, path in ((keras.callbacks.CSVLogger, tmp_path / "theirs"), (ours.CSVLogger, tmp_path / "ours")):
        for append in (False, True):
            logger = make(str(path), append=append)
            logger.on_train_begin()
            for epoch, logs in enumerate(rows):
                logger.on_epoch_end(epoch, dict(logs))
            logger.on_train_end()
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


def test_the_better_direction_of_every_metric_of_keras_is_known(keras: ModuleType) -> None:
    words = {"up": "max", "down": "min"}
    judged = 0
    for name, kind in vars(keras.metrics).items():
        for arguments in ((), (0.5,), (2,), (2, [0])):
            try:
                metric = kind(*arguments)
            except Exception:
                continue
            direction = words.get(getattr(metric, "_direction", None) or "")
            if isinstance(metric, keras.metrics.Metric) and direction:
                assert better(name) == direction, name
                assert better(metric.name) == direction, metric.name
                judged += 1
            break
    assert judged > 30


# TensorBoard


def tensorboard_model() -> Any:
    rng = np.random.default_rng(0)
    params = {
        "dense": {"kernel": rng.normal(size=(6, 3)).astype("float32"), "bias": np.zeros(3, "float32")},
        "conv": {"kernel": rng.normal(size=(3, 3, 1, 5)).astype("float32")},
    }
    return SimpleNamespace(
        numbers=SimpleNamespace(params=params, state={"bn": {"mean": np.full(4, np.nan, "float32")}}),
        optimizer=SimpleNamespace(learning_rate=0.125, iterations=40),
        to_json=lambda: '{"class_name": "Sequential", "config": {"name": "s", "layers": []}}',
    )


def write_a_training(folder: str) -> Any:
    callback = ours.TensorBoard(folder, histogram_freq=2, write_images=True, update_freq=2, write_steps_per_second=True)
    callback.set_model(tensorboard_model())
    callback.on_train_begin()
    for epoch in range(3):
        callback.on_epoch_begin(epoch)
        for batch in range(4):
            callback.on_train_batch_end(batch, {"loss": 1.0 / (batch + 1)})
        callback.on_test_end({"loss": 0.75})
        callback.on_epoch_end(epoch, {"loss": 0.5 + epoch, "val_loss": 0.75})
    callback.on_train_end()
    return callback.model


def test_tensorboard_reads_scalars_histograms_and_images(tmp_path: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    model = write_a_training(str(tmp_path))
    train = accumulator.EventAccumulator(
        str(tmp_path / "train"), {"histograms": 0, "images": 0, "scalars": 0, "tensors": 0}
    )
    train.Reload()
    assert [(e.step, e.value) for e in train.Scalars("epoch_loss")] == [(0, 0.5), (1, 1.5), (2, 2.5)]
    assert [(e.step, e.value) for e in train.Scalars("epoch_learning_rate")] == [(0, 0.125), (1, 0.125), (2, 0.125)]
    assert [(e.step, e.value) for e in train.Scalars("batch_loss")] == [
        (s, v) for s in (2, 4, 6, 8, 10, 12) for v in [0.5 if s % 4 else 0.25]
    ]
    assert "epoch_steps_per_second" in train.Tags()["scalars"]
    assert [e.step for e in train.Histograms("dense/kernel/histogram")] == [0, 2]
    histogram = train.Histograms("dense/kernel/histogram")[0].histogram_value
    kernel = model.numbers.params["dense"]["kernel"].astype("float64")
    assert (histogram.num, sum(histogram.bucket), histogram.min, histogram.max) == (18, 18, kernel.min(), kernel.max())
    np.testing.assert_allclose([histogram.sum, histogram.sum_squares], [kernel.sum(), (kernel**2).sum()], rtol=1e-12)
    image = train.Images("dense/kernel/image")[0]
    assert (image.width, image.height) == (6, 3)
    assert {f"conv/kernel/image{end}" for end in ("", "/1", "/2")} <= set(train.Tags()["images"])
    assert not [tag for tag in train.Tags()["histograms"] if tag.startswith("bn")]
    assert train.Tensors("keras")[0].tensor_proto.string_val[0].startswith(b'{"class_name"')
    validation = accumulator.EventAccumulator(str(tmp_path / "validation")).Reload()
    assert [(e.step, e.value) for e in validation.Scalars("epoch_loss")] == [(0, 0.75), (1, 0.75), (2, 0.75)]
    assert [e.step for e in validation.Scalars("evaluation_loss_vs_iterations")] == [40, 40, 40]


def test_tensorboard_draws_the_network_and_what_its_layers_make(tmp_path: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    a, b = Input((4,), name="a"), Input((4,), name="b")
    state = layers.LSTM(3, return_state=True, name="lstm")(layers.Reshape((2, 2), name="pairs")(a))
    y = layers.Dense(1, activation="tanh", name="out")(layers.concatenate([*state[:2], b], name="both"))
    model = models.Model([a, b], y)
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    x, targets = [rng.normal(size=(300, 4)).astype("float32") for _ in range(2)], np.zeros((300, 1))
    board = ours.TensorBoard(str(tmp_path), histogram_freq=1)
    model.fit(x, targets, verbose=0, validation_data=(x, targets), callbacks=[board])
    seen = accumulator.EventAccumulator(str(tmp_path / "train"), {"histograms": 0}).Reload()
    nodes = {node.name: node for node in seen.Graph().node}
    assert [nodes[name].op for name in ("a", "pairs", "lstm", "both", "out/tanh")] == [
        "Input", "Reshape", "LSTM", "Concatenate", "Activation",
    ]  # fmt: skip
    assert list(nodes["both"].input) == ["lstm:0", "lstm:1", "b"]
    shapes = nodes["lstm"].attr["_output_shapes"].list.shape
    assert [[axis.size for axis in shape.dim] for shape in shapes] == [[-1, 3]] * 3
    (drawn,) = seen.Histograms("out/tanh/out/histogram")
    found = model.predict([part[:256] for part in x], verbose=0)
    assert drawn.histogram_value.num == 256
    np.testing.assert_allclose(drawn.histogram_value.max, found.max(), rtol=1e-6)


def test_tensorflow_reads_every_record_and_finds_a_bent_one(tmp_path: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensorflow = pytest.importorskip("tensorflow")
    write_a_training(str(tmp_path))
    (path,) = glob.glob(str(tmp_path / "train" / "*tfevents*"))
    data = [record.numpy() for record in tensorflow.data.TFRecordDataset(path)]
    events = [tensorflow.compat.v1.Event.FromString(record) for record in data]
    assert events[0].file_version == "brain.Event:2"
    assert {v.tag: v.simple_value for e in events for v in e.summary.value}["epoch_loss"] == 2.5
    histograms = [v.histo for e in events for v in e.summary.value if v.tag == "conv/kernel/histogram"]
    assert [(len(h.bucket), len(h.bucket_limit), h.num) for h in histograms] == [(30, 30, 45)] * 2
    with open(path, "r+b") as file:
        file.seek(60)
        byte = file.read(1)[0]
        file.seek(60)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(tensorflow.errors.DataLossError):
        list(tensorflow.data.TFRecordDataset(path))


def test_large_steps_and_odd_tags_survive(tmp_path: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensorflow = pytest.importorskip("tensorflow")
    events = EventFile(str(tmp_path))
    events.scalar("größe/β", float("nan"), 2**40 + 3)
    events.flush()
    *_, last = [tensorflow.compat.v1.Event.FromString(r.numpy()) for r in tensorflow.data.TFRecordDataset(events.path)]
    assert (last.step, last.summary.value[0].tag) == (2**40 + 3, "größe/β")
    assert np.isnan(last.summary.value[0].simple_value)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pillow_opens_our_pictures(channels: int) -> None:
    image = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype="uint8")
    found = np.asarray(image.open(io.BytesIO(png(pixels)))).reshape(pixels.shape)
    np.testing.assert_array_equal(found, pixels)
