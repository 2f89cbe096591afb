"""fit, evaluate, predict: every form of data, what is reported, who is told, what is left when training goes wrong."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from pellucid import Input, Model, Sequential, losses, metrics, native, optimizers, schedules
from pellucid.callbacks import Callback, EarlyStopping, History, LambdaCallback, TerminateOnNaN
from pellucid.data import DataWarning, PyDataset, Sequence
from pellucid.errors import DataError
from pellucid.layers import BatchNormalization, Concatenate, Dense, Dropout, InputLayer
from pellucid.training import TrainingWarning
from pellucid.utils import set_random_seed

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(20, 3)).astype("float32")
LABELS = (X.sum(axis=1) > 0).astype("int64")
HEIGHTS = (X @ [1.0, -2.0, 0.5]).astype("float32")[:, None]


def classifier(optimizer: Any = "sgd", metric: Any = ("accuracy",)) -> Sequential:
    set_random_seed(1)
    model = Sequential([Dense(4, activation="tanh", input_shape=(3,)), Dense(2, activation="softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=list(metric))
    return model


def regressor(optimizer: Any = "sgd", loss: Any = "mse", **compiled: Any) -> Sequential:
    set_random_seed(1)
    model = Sequential([Dense(1, input_shape=(3,))])
    model.compile(optimizer, loss, **compiled)
    return model


def two_headed(outputs_as: type = list, inputs_as: type = list) -> Model:
    set_random_seed(1)
    a, b = Input((3,), name="a"), Input((2,), name="b")
    joined = Concatenate(name="joined")([a, b])
    first, second = Dense(1, name="first")(joined), Dense(2, activation="softmax", name="second")(joined)
    inputs: Any = [a, b] if inputs_as is list else {"left": a, "right": b}
    outputs: Any = [first, second] if outputs_as is list else {"height": first, "kind": second}
    return Model(inputs, outputs)


def same(one: Any, other: Any) -> None:
    """All weights of two models are equal to the bit."""
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def batches(size: int = 5) -> Iterator[tuple[Any, Any]]:
    for start in range(0, 20, size):
        yield X[start : start + size], LABELS[start : start + size]


def for_ever() -> Iterator[tuple[Any, Any]]:
    while True:
        yield from batches()


class InBatches(PyDataset):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Any:
        return X[index * 5 : index * 5 + 5], LABELS[index * 5 : index * 5 + 5]


class Walkable:
    """Anything that can be walked anew, as data loaders can."""

    def __iter__(self) -> Iterator[Any]:
        return batches()


# Forms of data -----------------------------------------------------------------------------------


def test_every_form_of_the_same_data_trains_the_same_weights(tmp_path: Any) -> None:
    expected = classifier()
    history = expected.fit(X, LABELS, batch_size=5, epochs=2, shuffle=False, verbose=0)
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    forms: list[tuple[Any, dict[str, Any]]] = [
        (X.tolist(), {"y": LABELS.tolist(), "batch_size": 5}),
        ([X], {"y": [LABELS], "batch_size": 5}),
        ({"input_layer": X}, {"y": LABELS, "batch_size": 5}),
        (X.astype("float64"), {"y": LABELS[:, None].astype("int8"), "batch_size": 5}),
        (mapped, {"y": LABELS, "batch_size": 5}),
        (for_ever(), {"steps_per_epoch": 4}),
        (InBatches(), {}),
        (Walkable(), {}),
        (Walkable(), {"steps_per_epoch": 4}),
    ]
    for x, given in forms:
        model = classifier()
        model.layers[0].name = "dense"
        if isinstance(x, dict):
            x = {model.input_names[0]: X}
        found = model.fit(x, epochs=2, shuffle=False, verbose=0, **given)
        same(model, expected)
        assert found.history == history.history


def test_the_old_name_of_a_dataset_is_the_same_class() -> None:
    assert Sequence is PyDataset


def test_a_model_without_input_shape_is_built_by_its_first_data() -> None:
    for x, given in [
        (X, {"y": LABELS}),
        (for_ever(), {"steps_per_epoch": 4}),
        (InBatches(), {}),
        (Walkable(), {}),
        (X.tolist(), {"y": LABELS}),
        ([X], {"y": LABELS}),
    ]:
        model = Sequential([Dense(4, activation="tanh"), Dense(2, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(x, verbose=0, **given)
        assert model.input_shape == (None, 3)
    model = Sequential([Dense(2)])
    assert model.predict(X, verbose=0).shape == (20, 2)
    model = Sequential([Dense(2)])
    model.compile("sgd", "mse")
    model.train_on_batch(X, np.zeros((20, 2)))


def test_a_generator_that_ends_is_one_epoch_and_the_rest_is_told_as_missing() -> None:
    model = classifier()
    with pytest.warns(DataWarning, match="no batches left for epoch 2"):
        history = model.fit(batches(), epochs=3, verbose=0)
    assert history.epoch == [0]


def test_the_last_batch_may_be_short_and_counts_by_its_samples() -> None:
    model = regressor(optimizers.SGD(0.0), metrics=["mae"])
    history = model.fit(X, HEIGHTS, batch_size=7, verbose=0, shuffle=False)
    error = model.predict(X, verbose=0) - HEIGHTS
    assert history.history["loss"][0] == pytest.approx(float((error**2).mean()), rel=1e-6)
    assert history.history["mae"][0] == pytest.approx(float(abs(error).mean()), rel=1e-6)


# Validation --------------------------------------------------------------------------------------


def test_validation_split_keeps_the_last_samples() -> None:
    model = classifier()
    history = model.fit(X, LABELS, epochs=2, validation_split=0.25, verbose=0)
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    found = model.evaluate(X[15:], LABELS[15:], verbose=0, return_dict=True)
    assert history.history["val_loss"][-1] == pytest.approx(found["loss"], rel=1e-6)
    other = classifier()
    other.fit(X[:15], LABELS[:15], epochs=2, verbose=0, validation_data=(X[15:], LABELS[15:]))
    same(model, other)


def test_validation_data_in_every_form_give_the_same_numbers() -> None:
    expected = classifier().fit(X, LABELS, validation_data=(X, LABELS), validation_batch_size=5, verbose=0).history
    forms: list[tuple[Any, dict[str, Any]]] = [
        ([X, LABELS], {}),
        ((X, LABELS, np.ones(20)), {}),
        (InBatches(), {}),
        (Walkable(), {}),
        (for_ever(), {"validation_steps": 4}),
    ]
    for form, given in forms:
        found = classifier().fit(X, LABELS, validation_data=form, verbose=0, **given).history
        assert found["val_loss"][0] == pytest.approx(expected["val_loss"][0], rel=1e-6)
        assert found["val_accuracy"] == expected["val_accuracy"]


@pytest.mark.parametrize("form", [Walkable, InBatches])
def test_each_validation_in_steps_sees_the_same_batches(form: Any) -> None:
    model = classifier(optimizers.SGD(0.0))
    history = model.fit(X, LABELS, epochs=3, validation_data=form(), validation_steps=3, verbose=0).history
    assert len(set(history["val_loss"])) == 1


def test_validation_data_win_over_a_split() -> None:
    history = classifier().fit(X, LABELS, validation_split=0.5, validation_data=(X, LABELS), verbose=0)
    model = classifier()
    model.fit(X, LABELS, verbose=0)
    expected = model.evaluate(X, LABELS, verbose=0, return_dict=True)["loss"]
    assert history.history["val_loss"][0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("freq", "times"), [(1, 4), (2, 2), (3, 1), ([1, 4], 2), ({2}, 1)])
def test_validation_happens_as_often_as_asked(freq: Any, times: int) -> None:
    history = classifier().fit(X, LABELS, epochs=4, validation_split=0.25, validation_freq=freq, verbose=0).history
    assert (len(history["loss"]), len(history["val_loss"])) == (4, times)


@pytest.mark.parametrize("freq", [0, -1, "often", None])
def test_an_impossible_validation_freq_is_refused(freq: Any) -> None:
    with pytest.raises(ValueError, match="validation_freq"):
        classifier().fit(X, LABELS, validation_split=0.25, validation_freq=freq, verbose=0)


def test_validation_steps_take_that_many_batches() -> None:
    history = classifier().fit(
        X, LABELS, validation_data=(X, LABELS), validation_steps=2, validation_batch_size=5, verbose=0
    )
    model = classifier()
    model.fit(X, LABELS, verbose=0)
    expected = model.evaluate(X[:10], LABELS[:10], verbose=0, return_dict=True)["loss"]
    assert history.history["val_loss"][0] == pytest.approx(expected, rel=1e-6)


# Weights, order, epochs --------------------------------------------------------------------------


def test_class_weight_is_the_sample_weight_of_each_class() -> None:
    one, other = classifier(), classifier()
    one.fit(X, LABELS, class_weight={0: 1.0, 1: 5.0}, shuffle=False, verbose=0)
    other.fit(X, LABELS, sample_weight=np.where(LABELS == 1, 5.0, 1.0), shuffle=False, verbose=0)
    same(one, other)
    plain = classifier()
    plain.fit(X, LABELS, shuffle=False, verbose=0)
    assert not np.array_equal(plain.get_weights()[0], one.get_weights()[0])


def test_a_sample_that_weighs_nothing_teaches_nothing() -> None:
    weights = np.zeros(20)
    model = classifier()
    before = model.get_weights()
    model.fit(X, LABELS, sample_weight=weights, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_weighted_metrics_heed_the_weights_and_plain_ones_do_not() -> None:
    model = regressor(optimizers.SGD(0.0), metrics=["mae"], weighted_metrics=["mae"])
    weights = np.arange(20.0)
    found = model.evaluate(X, HEIGHTS, sample_weight=weights, verbose=0, return_dict=True)
    error = abs(model.predict(X, verbose=0) - HEIGHTS)[:, 0]
    assert found["mae"] == pytest.approx(error.mean(), rel=1e-5)
    assert found["weighted_mae"] == pytest.approx((error * weights).sum() / weights.sum(), rel=1e-5)


def test_shuffle_changes_the_order_and_the_seed_fixes_it() -> None:
    def trained(shuffle: Any) -> list[Any]:
        model = classifier()
        set_random_seed(3)
        model.fit(X, LABELS, batch_size=4, epochs=2, shuffle=shuffle, verbose=0)
        return model.get_weights()

    np.testing.assert_array_equal(trained(True)[0], trained(True)[0])
    assert not np.array_equal(trained(True)[0], trained(False)[0])
    assert not np.array_equal(trained("batch")[0], trained(False)[0])
    with pytest.raises(ValueError, match="shuffle"):
        trained("yes")


def test_initial_epoch_is_where_counting_starts() -> None:
    seen: list[int] = []
    tell = LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append(epoch))
    history = classifier().fit(X, LABELS, initial_epoch=2, epochs=5, callbacks=[tell], verbose=0)
    assert seen == history.epoch == [2, 3, 4]
    assert len(history.history["loss"]) == 3
    assert classifier().fit(X, LABELS, initial_epoch=5, epochs=5, verbose=0).history == {}


def test_steps_per_epoch_spreads_the_data_over_epochs() -> None:
    seen: list[int] = []
    tell = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    with pytest.warns(DataWarning, match="epoch 2 asked for 3 batches and there were 1"):
        classifier().fit(X, LABELS, batch_size=5, steps_per_epoch=3, epochs=2, callbacks=[tell], verbose=0)
    assert seen == [0, 1, 2, 0]  # what is left of the data is the second epoch
    with pytest.warns(DataWarning, match="asked for 9"):
        classifier().fit(X, LABELS, batch_size=5, steps_per_epoch=9, verbose=0)


def test_the_old_name_of_epochs_is_understood() -> None:
    assert len(classifier().fit(X, LABELS, nb_epoch=3, verbose=0).epoch) == 3


def test_fitting_twice_continues() -> None:
    twice, once = regressor("adam"), regressor("adam")
    twice.fit(X, HEIGHTS, epochs=2, shuffle=False, verbose=0)
    second = twice.fit(X, HEIGHTS, epochs=2, shuffle=False, verbose=0)
    once.fit(X, HEIGHTS, epochs=4, shuffle=False, verbose=0)
    same(twice, once)
    assert twice.optimizer is not None
    assert twice.optimizer.iterations == 4
    assert len(second.history["loss"]) == 2


def test_compiling_again_with_the_same_optimizer_keeps_its_memory() -> None:
    optimizer = optimizers.Adam(0.01)
    model = regressor(optimizer)
    model.fit(X, HEIGHTS, verbose=0)
    velocity = model.numbers.moments["slots"]["dense"]["kernel"]
    model.compile(optimizer, "mae")
    assert model.numbers.moments["slots"]["dense"]["kernel"] is velocity
    assert model.numbers.step == 1
    model.compile("adam", "mae")
    assert model.numbers.step == 0


# What is reported --------------------------------------------------------------------------------


def test_verbose_0_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    model = classifier()
    model.fit(X, LABELS, validation_split=0.2, verbose=0)
    model.evaluate(X, LABELS, verbose=0)
    model.predict(X, verbose=0)
    assert capsys.readouterr() == ("", "")


def test_verbose_1_shows_a_bar_and_the_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    model = classifier()
    model.fit(X, LABELS, epochs=2, batch_size=5, validation_split=0.25, verbose=1)
    text = capsys.readouterr().out
    assert "Epoch 1/2" in text
    assert "Epoch 2/2" in text
    assert "3/3" in text
    assert "━" in text
    words = [text.rindex(word) for word in (" accuracy:", " val_accuracy:", " val_loss:")]
    assert words == sorted(words)
    model.evaluate(X, LABELS)
    assert "loss:" in capsys.readouterr().out
    model.predict(X)
    assert "1/1" in capsys.readouterr().out


def test_verbose_2_is_one_line_an_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    classifier().fit(X, LABELS, epochs=2, batch_size=5, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("4/4 - ")
    assert "accuracy: " in lines[1]
    assert "loss: " in lines[1]


@pytest.mark.parametrize("verbose", [3, "loud", None])
def test_an_unknown_verbose_is_refused(verbose: Any) -> None:
    with pytest.raises(ValueError, match="verbose must be"):
        classifier().fit(X, LABELS, verbose=verbose)


def test_history_keeps_every_epoch_and_stays_with_the_model() -> None:
    model, own = classifier(), History()
    found = model.fit(X, LABELS, epochs=3, callbacks=[own], verbose=0)
    assert found is own is model.history
    assert found.epoch == [0, 1, 2]
    assert found.params == {"epochs": 3, "steps": 1, "verbose": 0}
    assert all(type(value) is float for values in found.history.values() for value in values)


def test_evaluate_answers_with_a_number_a_list_or_a_dict() -> None:
    assert type(regressor().evaluate(X, HEIGHTS, verbose=0)) is float
    model = classifier()
    loss, accuracy = model.evaluate(X, LABELS, verbose=0)
    assert model.evaluate(X, LABELS, verbose=0, return_dict=True) == {"accuracy": accuracy, "loss": loss}
    assert model.metrics_names == ["loss", "accuracy"]
    share = (model.predict(X, verbose=0).argmax(axis=-1) == LABELS).mean()
    assert accuracy == pytest.approx(share)


def test_predict_is_the_same_in_batches_of_any_size() -> None:
    model = classifier()
    whole = model.predict(X, batch_size=20, verbose=0)
    for size in (1, 7, 64):
        np.testing.assert_allclose(model.predict(X, batch_size=size, verbose=0), whole, atol=1e-6)
    np.testing.assert_allclose(model.predict_on_batch(X), whole, atol=1e-6)
    np.testing.assert_allclose(model(X), whole, atol=1e-6)
    np.testing.assert_allclose(model.predict((x for x, _ in batches()), verbose=0), whole, atol=1e-6)
    np.testing.assert_allclose(model.predict(InBatches(), verbose=0), whole, atol=1e-6)
    assert model.predict(X, batch_size=5, steps=2, verbose=0).shape == (10, 2)
    assert whole.dtype == np.float32


def test_one_batch_by_hand_is_one_step_of_fit() -> None:
    by_hand, fitted = classifier("adam"), classifier("adam")
    for x, y in batches():
        by_hand.train_on_batch(x, y)
    fitted.fit(X, LABELS, batch_size=5, shuffle=False, verbose=0)
    same(by_hand, fitted)


def test_the_functions_for_one_batch_answer_as_evaluate_does() -> None:
    model = classifier()
    loss, accuracy = model.test_on_batch(X, LABELS)
    assert model.evaluate(X, LABELS, verbose=0) == pytest.approx([loss, accuracy])
    assert model.test_on_batch(X, LABELS, return_dict=True) == {"accuracy": accuracy, "loss": loss}
    found = model.train_on_batch(X, LABELS, return_dict=True)
    assert found == {"accuracy": accuracy, "loss": loss}  # of the weights that the step began with
    assert model.train_on_batch(X, LABELS)[0] < loss
    model.reset_metrics()
    assert type(regressor().train_on_batch(X, HEIGHTS)) is float
    weights = np.arange(20.0)
    assert regressor().test_on_batch(X, HEIGHTS, sample_weight=weights) == pytest.approx(
        regressor().evaluate(X, HEIGHTS, sample_weight=weights, verbose=0)
    )
    one, other = classifier(), classifier()
    one.train_on_batch(X, LABELS, class_weight={1: 3.0})
    other.train_on_batch(X, LABELS, sample_weight=np.where(LABELS, 3.0, 1.0))
    same(one, other)


# Several inputs and outputs ----------------------------------------------------------------------

A, B = X, X[:, :2]
KINDS = np.eye(2, dtype="float32")[LABELS]


@pytest.mark.parametrize("form", ["lists", "dicts", "positions"])
def test_losses_metrics_and_weights_by_output(form: str) -> None:
    model = two_headed()
    if form == "dicts":
        model.compile(
            "sgd",
            loss={"second": "categorical_crossentropy", "first": "mse"},
            metrics={"second": ["accuracy"], "first": "mae"},
            loss_weights={"first": 0.5, "second": 2.0},
        )
        x: Any = {"b": B, "a": A}
        y: Any = {"second": KINDS, "first": HEIGHTS}
    else:
        model.compile(
            "sgd",
            loss=["mse", "categorical_crossentropy"],
            metrics=[["mae"], ["accuracy"]],
            loss_weights=[0.5, 2.0],
        )
        x, y = ([A, B], [HEIGHTS, KINDS]) if form == "lists" else ((A, B), (HEIGHTS, KINDS))
    history = model.fit(x, y, validation_split=0.2, verbose=0).history
    assert list(history) == [
        "first_loss", "first_mae", "loss", "second_accuracy", "second_loss",
        "val_first_loss", "val_first_mae", "val_loss", "val_second_accuracy", "val_second_loss",
    ]  # fmt: skip
    assert history["loss"][0] == pytest.approx(0.5 * history["first_loss"][0] + 2 * history["second_loss"][0], rel=1e-6)
    found = model.evaluate(x, y, verbose=0)
    assert model.metrics_names == ["loss", "first_loss", "second_loss", "first_mae", "second_accuracy"]
    named = model.evaluate(x, y, verbose=0, return_dict=True)
    assert [named[name] for name in model.metrics_names] == found
    expected = two_headed()
    expected.compile("sgd", ["mse", "categorical_crossentropy"], loss_weights=[0.5, 2.0])
    expected.fit([A, B], [HEIGHTS, KINDS], validation_split=0.2, verbose=0)
    same(model, expected)


def test_outputs_come_back_in_the_form_in_which_they_were_given() -> None:
    height, kind = two_headed().predict([A, B], verbose=0)
    assert (height.shape, kind.shape) == ((20, 1), (20, 2))
    model = two_headed(outputs_as=dict, inputs_as=dict)
    x = {"right": B, "left": A}
    for found in (model.predict(x, verbose=0), model.predict_on_batch(x), model(x)):
        assert list(found) == ["height", "kind"]
        np.testing.assert_allclose(found["kind"], kind, atol=1e-6)
    model.compile("sgd", {"height": "mse", "kind": "categorical_crossentropy"}, metrics={"kind": "accuracy"})
    history = model.fit(x, {"height": HEIGHTS, "kind": KINDS}, verbose=0).history
    assert sorted(history) == ["height_loss", "kind_accuracy", "kind_loss", "loss"]


def test_an_output_without_a_loss_is_not_trained() -> None:
    model = two_headed()
    model.compile("sgd", loss={"second": "categorical_crossentropy"})
    before = model.get_layer("first").get_weights()
    model.fit([A, B], [HEIGHTS, KINDS], verbose=0)
    np.testing.assert_array_equal(model.get_layer("first").get_weights()[0], before[0])


def test_sample_weights_by_output() -> None:
    model = two_headed()
    model.compile("sgd", ["mse", "categorical_crossentropy"])
    before = model.get_layer("second").get_weights()
    model.fit([A, B], [HEIGHTS, KINDS], sample_weight=[np.ones(20), np.zeros(20)], verbose=0)
    np.testing.assert_array_equal(model.get_layer("second").get_weights()[0], before[0])


def test_generators_of_several_inputs_yield_tuples_or_dicts() -> None:
    def tuples() -> Iterator[Any]:
        yield (A, B), (HEIGHTS, KINDS)

    def dicts() -> Iterator[Any]:
        yield {"a": A, "b": B}, {"first": HEIGHTS, "second": KINDS}

    trained = []
    for generator in (tuples, dicts):
        model = two_headed()
        model.compile("sgd", ["mse", "categorical_crossentropy"])
        model.fit(generator(), verbose=0)
        trained.append(model)
    same(*trained)


# Losses and metrics of one's own -----------------------------------------------------------------


class Tilted(losses.Loss):
    """Mean of 0.5 (y - t)², with its slope."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return ((y_pred - y_true) ** 2).mean(axis=-1) / 2

    def call_backward(self, y_true: Any, y_pred: Any, dl: Any) -> Any:
        return (y_pred - y_true) / y_pred.shape[-1] * dl[..., None]


def worst_error(y_true: Any, y_pred: Any) -> Any:
    return abs(y_true - y_pred).max(axis=-1)


class Count(metrics.Metric):
    """How many samples there were."""

    def start(self) -> Any:
        return {"seen": np.zeros(())}

    def accumulate(self, tally: Any, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return {"seen": tally["seen"] + y_true.shape[0]}

    def read(self, tally: Any) -> Any:
        return tally["seen"]


def test_a_loss_of_ones_own() -> None:
    model, plain = regressor(loss=Tilted()), regressor(optimizers.SGD(0.005))
    history = model.fit(X, HEIGHTS, verbose=0)
    expected = plain.fit(X, HEIGHTS, verbose=0)
    assert 2 * history.history["loss"][0] == pytest.approx(expected.history["loss"][0], rel=1e-6)
    np.testing.assert_allclose(model.get_weights()[0], plain.get_weights()[0], rtol=1e-5)


def test_metrics_of_ones_own() -> None:
    model = regressor(metrics=[worst_error, Count(name="count"), "mse"])
    history = model.fit(X, HEIGHTS, batch_size=6, verbose=0).history
    assert history["count"] == [20.0]
    found = model.evaluate(X, HEIGHTS, verbose=0, return_dict=True)
    assert found["worst_error"] == pytest.approx(abs(model.predict(X, verbose=0) - HEIGHTS).mean(), rel=1e-5)


def test_a_model_without_a_loss_cannot_learn_but_can_be_measured() -> None:
    model = regressor(loss=None, metrics=["mae"])
    for learn in (model.fit, model.train_on_batch):
        with pytest.raises(ValueError, match="no loss to learn from"):
            learn(X, HEIGHTS)
    assert model.evaluate(X, HEIGHTS, verbose=0, return_dict=True)["mae"] > 0
    with pytest.raises(ValueError, match="call compile"):
        Sequential([Dense(1, input_shape=(3,))]).fit(X, HEIGHTS)


# Callbacks ---------------------------------------------------------------------------------------


class Diary(Callback):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.logs: dict[str, Any] = {}
        for moment in [name for name in dir(Callback) if name.startswith("on_")]:
            if moment not in ("on_batch_begin", "on_batch_end"):
                setattr(self, moment, self._noting(moment))

    def _noting(self, moment: str) -> Any:
        def note(*given: Any, logs: Any = None) -> None:
            number = given[0] if given and isinstance(given[0], int) else ""
            self.lines.append(f"{moment[3:]}{number}")
            self.logs[moment] = logs if logs is not None else next((g for g in given if isinstance(g, dict)), None)

        return note


def test_callbacks_are_told_in_order() -> None:
    diary, model = Diary(), classifier()
    model.fit(X, LABELS, batch_size=10, validation_data=(X[:5], LABELS[:5]), epochs=2, callbacks=[diary], verbose=0)
    epoch = [
        "epoch_begin{}", "train_batch_begin0", "train_batch_end0", "train_batch_begin1", "train_batch_end1",
        "test_begin", "test_batch_begin0", "test_batch_end0", "test_end", "epoch_end{}",
    ]  # fmt: skip
    lines = [line.format(number) for number in (0, 1) for line in epoch]
    assert diary.lines == ["train_begin", *lines, "train_end"]
    assert sorted(diary.logs["on_train_batch_end"]) == ["accuracy", "loss"]
    assert sorted(diary.logs["on_epoch_end"]) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert sorted(diary.logs["on_train_end"]) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert diary.model is model
    diary.lines.clear()
    model.evaluate(X, LABELS, callbacks=[diary], verbose=0)
    model.predict(X, callbacks=[diary], verbose=0)
    assert diary.lines == [
        "test_begin", "test_batch_begin0", "test_batch_end0", "test_end",
        "predict_begin", "predict_batch_begin0", "predict_batch_end0", "predict_end",
    ]  # fmt: skip
    assert diary.logs["on_predict_batch_end"]["outputs"][0].shape == (20, 2)


def test_stop_training_ends_after_this_batch_and_this_epoch_is_told() -> None:
    model, diary = classifier(), Diary()

    def stop(batch: int, logs: Any) -> None:
        model.stop_training = batch == 1

    history = model.fit(X, LABELS, batch_size=5, epochs=9, verbose=0,
                        callbacks=[LambdaCallback(on_train_batch_end=stop), diary])  # fmt: skip
    assert history.epoch == [0]
    assert diary.lines[-3:] == ["train_batch_end1", "epoch_end0", "train_end"]
    assert model.numbers.step == 2
    model.fit(X, LABELS, verbose=0)  # it is not stopped for ever
    assert model.numbers.step == 3


def test_early_stopping_puts_the_best_weights_back() -> None:
    model = regressor(optimizers.SGD(0.5))
    stop = EarlyStopping(monitor="loss", patience=0, restore_best_weights=True)
    first: list[Any] = []
    keep = LambdaCallback(on_epoch_end=lambda epoch, logs: first.append(model.get_weights()))
    raised = np.concatenate([X * 0 + 1] * 2)
    history = model.fit(raised, np.ones((40, 1)), batch_size=40, epochs=9, callbacks=[keep, stop], verbose=0)
    best = int(np.argmin(history.history["loss"]))
    np.testing.assert_array_equal(model.get_weights()[0], first[best][0])


def test_the_learning_rate_can_be_set_while_training() -> None:
    model = regressor()
    rates: list[float] = []

    def halve(epoch: int, logs: Any) -> None:
        assert model.optimizer is not None
        model.optimizer.learning_rate = model.optimizer.learning_rate / 2
        rates.append(model.optimizer.learning_rate)

    model.fit(X, HEIGHTS, epochs=2, callbacks=[LambdaCallback(on_epoch_begin=halve)], verbose=0)
    assert rates == pytest.approx([0.005, 0.0025])
    by_hand = regressor(optimizers.SGD(0.005))
    by_hand.train_on_batch(X, HEIGHTS)
    assert by_hand.optimizer is not None
    by_hand.optimizer.learning_rate = 0.0025
    by_hand.train_on_batch(X, HEIGHTS)
    np.testing.assert_allclose(model.get_weights()[0], by_hand.get_weights()[0], rtol=1e-6)


def test_a_schedule_is_asked_at_every_step() -> None:
    schedule = schedules.PiecewiseConstantDecay([1], [0.1, 0.0])
    model = regressor(optimizers.SGD(schedule))
    model.fit(X, HEIGHTS, epochs=2, verbose=0)
    moved = model.get_weights()[0]
    model.fit(X, HEIGHTS, epochs=2, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], moved)  # the rate is 0 from step 2 on
    with pytest.raises(TypeError, match="schedule"):
        model.optimizer.learning_rate = 1.0  # type: ignore[union-attr]


def test_averages_of_the_weights_are_what_training_leaves() -> None:
    model = regressor(optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5))
    seen: list[Any] = []
    keep = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(model.get_weights()[0]))
    model.fit(X, HEIGHTS, batch_size=10, callbacks=[keep], verbose=0)
    assert len(seen) == 2
    np.testing.assert_allclose(model.get_weights()[0], (seen[0] + seen[1]) / 2, rtol=1e-5)  # it begins at the first


# When training goes wrong ------------------------------------------------------------------------


def broken_at(step: int, layer: str = "dense") -> Callback:
    """Puts an infinity into the weights before that batch."""

    class Break(Callback):
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            if batch == step:
                kernel = self.model.get_layer(layer).kernel
                kernel.assign(np.full(kernel.shape, np.inf))

    return Break()


class Exploding(losses.Loss):
    """Finite for three batches, then NaN."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def call(self, y_true: Any, y_pred: Any) -> Any:
        self.calls += 1
        return (y_pred[:, 0] - y_true[:, 0]) ** 2 * (np.float32("nan") if self.calls > 3 else np.float32(1))

    def call_backward(self, y_true: Any, y_pred: Any, dl: Any) -> Any:
        return 2 * (y_pred - y_true) * dl[:, None]


def test_nan_stops_training_with_the_last_good_numbers() -> None:
    model, kept = regressor(loss=Exploding()), []
    keep = LambdaCallback(on_train_batch_end=lambda batch, logs: kept.append((model.get_weights()[0], logs["loss"])))
    with pytest.warns(TrainingWarning, match="epoch 1, batch 4.*loss") as caught:
        history = model.fit(X, HEIGHTS, batch_size=4, epochs=3, callbacks=[keep], verbose=0)
    assert caught[0].filename == __file__
    assert len(kept) == 4
    np.testing.assert_array_equal(model.get_weights()[0], kept[2][0])
    assert np.isnan(kept[3][1])
    assert np.isnan(history.history["loss"]).all()
    assert model.numbers.step == 3


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_first_layer_that_is_not_finite_is_named() -> None:
    set_random_seed(0)
    model = Sequential([Dense(3, input_shape=(3,), name="one"), Dense(3, name="two"), Dense(1, name="three")])
    model.compile("sgd", "mse")
    model.get_layer("two").kernel.assign(np.full((3, 3), 1e30))
    model.get_layer("three").kernel.assign(np.full((3, 1), 1e30))
    before = model.get_weights()
    with pytest.warns(TrainingWarning, match="'three'"):
        model.fit(X, HEIGHTS, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_weights_that_overflow_after_a_finite_loss_are_taken_back() -> None:
    for batch_size, where in ((5, "batch 2"), (20, "batch 1")):
        model = regressor(optimizers.SGD(1e38))
        before = model.get_weights()
        with pytest.warns(TrainingWarning, match=f"epoch 1, {where}"):
            model.fit(X, HEIGHTS * 100, batch_size=batch_size, epochs=2, verbose=0)
        for old, new in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_one_batch_by_hand_that_overflows_changes_nothing() -> None:
    model = regressor(optimizers.SGD(1e38))
    before = model.get_weights()
    with pytest.warns(TrainingWarning, match="train_on_batch"):
        model.train_on_batch(X, HEIGHTS * 100)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    model = regressor(loss=Exploding())
    for _ in range(3):
        model.train_on_batch(X, HEIGHTS)
    before = model.get_weights()
    with pytest.warns(TrainingWarning, match="loss"):
        assert np.isnan(model.train_on_batch(X, HEIGHTS))
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_terminate_on_nan_sees_the_nan(capsys: pytest.CaptureFixture[str]) -> None:
    model = regressor(loss=Exploding())
    with pytest.warns(TrainingWarning):
        model.fit(X, HEIGHTS, batch_size=4, callbacks=[TerminateOnNaN()], verbose=0)
    assert "Batch 3: Invalid loss" in capsys.readouterr().out
    model = regressor(loss=Exploding())
    with pytest.warns(TrainingWarning), pytest.raises(RuntimeError, match="batch 3"):
        model.fit(X, HEIGHTS, batch_size=4, callbacks=[TerminateOnNaN(raise_error=True)], verbose=0)


def test_ctrl_c_leaves_a_whole_model_that_goes_on() -> None:
    def layers() -> list[Any]:
        return [Dense(4, input_shape=(3,)), BatchNormalization(), Dropout(0.2), Dense(1)]

    set_random_seed(2)
    model = Sequential(layers())
    model.compile("adam", "mse")
    steps_seen: list[int] = []

    def interrupt(batch: int, logs: Any) -> None:
        steps_seen.append(model.numbers.step)
        if batch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(X, HEIGHTS, batch_size=4, callbacks=[LambdaCallback(on_train_batch_begin=interrupt)], verbose=0)
    numbers = model.numbers
    assert numbers.step == 2
    assert model.history.history == {}
    assert np.isfinite(model.predict(X, verbose=0)).all()
    history = model.fit(X, HEIGHTS, batch_size=4, epochs=2, verbose=0)
    assert model.numbers.step == 12
    assert len(history.history["loss"]) == 2
    model.numbers = numbers  # the bundle from before is a snapshot still
    assert model.numbers.step == 2


def test_an_error_in_a_generator_leaves_the_steps_before_it() -> None:
    def failing() -> Iterator[Any]:
        yield X, LABELS
        raise OSError("the disk is gone")

    model = classifier()
    with pytest.raises(OSError, match="the disk is gone"):
        model.fit(failing(), verbose=0)
    assert model.numbers.step == 1


def test_no_data_at_all_is_an_error() -> None:
    for call in (classifier().fit, classifier().evaluate, classifier().predict):
        with pytest.raises(DataError, match="no batch at all"):
            call(iter([]), verbose=0)
    unbuilt = Sequential([Dense(1)])
    unbuilt.compile("sgd", "mse")
    with pytest.raises(ValueError, match="no batch at all"):
        unbuilt.fit(iter([]), verbose=0)


def test_an_input_layer_may_be_written_out() -> None:
    model = Sequential([InputLayer(shape=(3,)), Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, HEIGHTS, verbose=0)
    assert [layer.name for layer in model.layers] == ["dense"]


def test_a_later_first_epoch_begins_with_the_first_batch() -> None:
    plain, later = regressor(), regressor()
    later.set_weights(plain.get_weights())
    settings = {"batch_size": 4, "steps_per_epoch": 2, "shuffle": False, "verbose": 0}
    one = plain.fit(X, HEIGHTS, epochs=2, **settings)
    other = later.fit(X, HEIGHTS, initial_epoch=3, epochs=5, **settings)
    assert one.history == other.history
    assert other.epoch == [3, 4]


def test_outputs_in_a_dict_stand_in_the_order_of_their_names() -> None:
    x = Input((3,))
    model = Model(x, {"b": Dense(2, name="late")(x), "a": Dense(2, name="early")(x)})
    assert [layer.name for layer in model.layers[1:]] == ["early", "late"]
    assert model.output_names == ["a", "b"]


@pytest.mark.parametrize("engine", ["numpy", "native"] if native.load() is not None else ["numpy"])
def test_a_negative_sample_weight_teaches_the_opposite(engine: str) -> None:
    """As policy gradients do: what went badly shall become less likely."""
    moved = []
    for weight in (1.0, -1.0):
        model = Sequential([Dense(3, activation="softmax", input_shape=(4,), kernel_initializer="zeros")])
        model.compile(optimizers.SGD(0.5), "categorical_crossentropy", engine=engine)
        model.fit(np.ones((2, 4)), np.eye(3)[[1, 1]], sample_weight=np.full(2, weight), verbose=0)
        moved.append(np.concatenate([array.ravel() for array in model.get_weights()]))
    np.testing.assert_allclose(moved[0], -moved[1], rtol=1e-6)
    assert moved[0].max() > 0.3
