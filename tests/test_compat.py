"""Pellucid in the place of Keras: every spelling, refusals in one sentence, programs and notebooks run as they are."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import backend as K
from pellucid import compat, config
from pellucid.activations import keras_2_hard_sigmoid
from pellucid.callbacks.values import Values
from pellucid.compat.era import era_of, meaning
from pellucid.compat.run import without_magics
from pellucid.compat.table import MODULES, PREFIXES
from pellucid.errors import FormatError
from pellucid.layers import Dense


@pytest.fixture
def keras() -> Iterator[Any]:
    with compat.installed():
        yield importlib.import_module("keras")


def network() -> Any:
    model = pellucid.Sequential([pellucid.Input((3,)), Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


X, Y = np.random.default_rng(0).random((20, 3)), np.arange(20) % 2

# Names and places ---------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_place_of_keras_leads_here(prefix: str) -> None:
    with compat.installed():
        layers = importlib.import_module(f"{prefix}.layers")
        assert layers.Dense is Dense
        assert importlib.import_module(prefix).Sequential is pellucid.Sequential


@pytest.mark.parametrize("path", sorted(set(MODULES) - {""}))
def test_every_module_of_the_table_is_there(path: str) -> None:
    if path.startswith("applications") and not hasattr(pellucid, "applications"):
        pytest.skip("the applications have not landed yet")
    if path.startswith("wrappers"):
        pytest.importorskip("sklearn")
    with compat.installed():
        assert importlib.import_module(f"keras.{path}").__all__


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("from keras.layers.core import Dense, Dropout, Activation, Flatten", "Dense"),
        ("from keras.layers.convolutional import Convolution2D, MaxPooling2D", "Convolution2D"),
        ("from keras.layers.normalization import BatchNormalization", "BatchNormalization"),
        ("from keras.layers.advanced_activations import LeakyReLU, PReLU", "PReLU"),
        ("from keras.layers.merge import concatenate", "concatenate"),
        ("from keras.utils.np_utils import to_categorical", "to_categorical"),
        ("from keras.utils.vis_utils import plot_model", "plot_model"),
        ("from keras.initializations import normal", "normal"),
        ("from keras.engine.topology import Layer, InputSpec", "InputSpec"),
        ("from keras.objectives import mean_squared_error", "mean_squared_error"),
        ("from tensorflow.python.keras.layers import Dense", "Dense"),
        ("from tensorflow.keras.optimizers.legacy import Adam", "Adam"),
        ("from tensorflow.keras.optimizers.schedules import ExponentialDecay", "ExponentialDecay"),
        ("from keras.optimizers import adam", "adam"),
        ("from keras.preprocessing.text import Tokenizer", "Tokenizer"),
        ("import tensorflow as tf\nname = tf.keras.utils.to_categorical", "name"),
        ("import tensorflow.keras.backend as K", "K"),
        ("from tensorflow import keras", "keras"),
        ("from keras import backend as K, regularizers", "regularizers"),
        ("from keras.layers import *", "GlobalAveragePooling2D"),
    ],
)
def test_imports_of_ten_years(statement: str, name: str) -> None:
    names: dict[str, Any] = {}
    with compat.installed():
        exec(statement, names)
    assert name in names


def test_what_is_not_here_is_said_by_name(keras: Any) -> None:
    with pytest.raises(compat.Refusal, match=r"keras\.layers\.Foo is not in pellucid"):
        _ = keras.layers.Foo
    with pytest.raises(compat.ImportRefusal, match=r"keras\.layers\.Foo is not in pellucid"):
        exec("from keras.layers import Foo")
    with pytest.raises(ModuleNotFoundError, match=r"keras\.nowhere is not in pellucid"):
        importlib.import_module("keras.nowhere")
    assert not hasattr(keras, "nowhere")


def test_raw_tensorflow_is_refused_in_one_sentence() -> None:
    with compat.installed():
        tf = importlib.import_module("tensorflow")
        for name in ("GradientTape", "estimator", "while_loop"):
            with pytest.raises(compat.Refusal, match=rf"tf\.{name} is raw TensorFlow, which pellucid does not have"):
                getattr(tf, name)
        with pytest.raises(compat.ImportRefusal, match=r"tf\.GradientTape"):
            exec("from tensorflow import GradientTape")
        with pytest.raises(ModuleNotFoundError, match=r"tf\.python\.ops"):
            importlib.import_module("tensorflow.python.ops")


def test_the_harmless_part_of_tensorflow_is_there() -> None:
    with compat.installed():
        tf = importlib.import_module("tensorflow")
        tf.random.set_seed(1)
        tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
        assert tf.config.list_physical_devices("GPU") == []
        assert tf.__version__.startswith("2.")
        assert float(tf.reduce_mean(tf.square(tf.constant([1.0, 3.0])))) == 5
        assert tf.cast([1, 2], tf.float32).dtype == np.float32
        with tf.device("/gpu:0"):
            assert [x.shape for x in tf.data.Dataset.from_tensor_slices(X).shuffle(9).batch(15)] == [(15, 3), (5, 3)]


def test_afterwards_all_is_as_before() -> None:
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in ("keras", "tensorflow")}
    with compat.installed():
        importlib.import_module("tensorflow.keras.layers")
    after = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in ("keras", "tensorflow")}
    assert after == before


# Old words ----------------------------------------------------------------------------------------


def test_acc_and_accuracy_are_one() -> None:
    history = network().fit(X, Y, nb_epoch=2, verbose=0).history
    assert history["acc"] == history["accuracy"]
    assert "acc" in history
    assert list(history) == ["accuracy", "loss"]
    with pytest.raises(KeyError):
        history["val_acc"]
    assert "{val_acc:.1f}".format_map(Values({"val_accuracy": 0.25})) == "0.2"


def test_a_rate_can_be_assigned_as_a_variable() -> None:
    model = network()
    K.set_value(model.optimizer.lr, 0.25)
    assert K.get_value(model.optimizer.learning_rate) == model.optimizer.lr == 0.25
    model.optimizer.learning_rate.assign(0.5)
    assert model.optimizer.get_config()["learning_rate"] == 0.5
    assert type(model.optimizer.learning_rate.numpy()) is np.float32


def test_predictions_in_old_words() -> None:
    model = network()
    assert model.predict_classes(X).tolist() == model.predict(X, verbose=0).argmax(axis=1).tolist()
    np.testing.assert_array_equal(model.predict_proba(X), model.predict(X, verbose=0))


def test_an_epoch_of_keras_1_ends_after_so_many_samples() -> None:
    given = []

    def batches() -> Iterator[Any]:
        while True:
            given.append(5)
            yield X[:5], Y[:5]

    model = network()
    model.fit_generator(batches(), samples_per_epoch=12, nb_epoch=2, verbose=0)
    assert model.optimizer.iterations == 6  # three batches hold 12 samples
    model.fit_generator(batches(), steps_per_epoch=2, epochs=1, verbose=0, validation_data=(X, Y), workers=2)
    assert model.optimizer.iterations == 8
    assert model.predict_generator(iter([X[:5], X[5:10]]), val_samples=8).shape == (8, 2)
    assert len(model.evaluate_generator(batches(), steps=1)) == 2


def test_accuracy_can_be_shown_as_in_keras_0() -> None:
    model = pellucid.Sequential([Dense(2, activation="softmax", input_dim=3)])
    model.compile("sgd", "categorical_crossentropy", class_mode="categorical")
    history = model.fit(X, np.eye(2)[Y], nb_epoch=1, show_accuracy=True, verbose=0)
    assert "acc" in history.history


def test_an_old_word_and_its_new_one_together_are_refused() -> None:
    with pytest.raises(TypeError, match=r"got both nb_epoch= and epochs="):
        network().fit(X, Y, nb_epoch=1, epochs=1)


def test_metrics_came_third_in_compile() -> None:
    model = pellucid.Sequential([Dense(2, activation="softmax", input_dim=3)])
    model.compile("sgd", "sparse_categorical_crossentropy", ["accuracy"])
    assert "accuracy" in model.fit(X, Y, verbose=0).history
    model.compile("sgd", "mse", metrics=["cosine_proximity"])
    assert model.evaluate(X, np.ones((20, 2)), verbose=0)[1] < 0


def test_short_names_of_losses_are_functions(keras: Any) -> None:
    assert float(keras.losses.mse(np.zeros((1, 2)), np.ones((1, 2)))[0]) == 1
    assert keras.objectives.MAE is keras.metrics.mae


def test_merges_of_keras_1(keras: Any) -> None:
    a, b = keras.Input((2,)), keras.Input((2,))
    modes = {"sum": 2, "mul": 2, "ave": 2, "max": 2, "concat": 4, "dot": 1, "cos": 1}
    x, y = np.array([[3.0, 4.0]]), np.array([[1.0, 0.0]])
    expected = {
        "sum": [4, 4],
        "mul": [3, 0],
        "ave": [2, 2],
        "max": [3, 4],
        "concat": [3, 4, 1, 0],
        "dot": [3],
        "cos": [0.6],
    }
    for mode, width in modes.items():
        merged = keras.layers.merge([a, b], mode=mode)
        assert merged.shape == (None, width)
        found = keras.models.Model([a, b], merged).predict([x, y], verbose=0)
        np.testing.assert_allclose(found[0], expected[mode], rtol=1e-6)


# The backend --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: K.mean([[1.0, 3.0], [5.0, 7.0]], axis=1), [2, 6]),
        (lambda: K.sum(K.cast(K.equal([1, 2, 3], [1, 0, 3]), "float32")), 2),
        (lambda: K.sqrt(np.array([4.0, -1.0])), [2, 0]),
        (lambda: K.dot(np.ones((2, 3)), np.ones((3, 1))), [[3], [3]]),
        (lambda: K.batch_dot(np.ones((2, 3)), np.ones((2, 3)), axes=1), [[3], [3]]),
        (lambda: K.clip(np.array([-1.0, 0.5, 2.0]), 0, 1), [0, 0.5, 1]),
        (lambda: K.argmax([[1, 3, 2]]), [1]),
        (lambda: K.concatenate([np.ones((1, 1)), np.zeros((1, 2))]), [[1, 0, 0]]),
        (lambda: K.one_hot([1], 3), [[0, 1, 0]]),
        (lambda: K.switch(np.array([True, False]), np.ones(2), np.zeros(2)), [1, 0]),
        (lambda: K.l2_normalize(np.array([3.0, 4.0])), [0.6, 0.8]),
        (lambda: K.logsumexp(np.array([1000.0, 1000.0])), 1000 + np.log(2)),
        (lambda: K.binary_crossentropy(np.array([1.0]), np.array([0.5])), [np.log(2)]),
        (lambda: K.permute_dimensions(np.ones((1, 2, 3)), (2, 0, 1)).shape, [3, 1, 2]),
        (lambda: K.repeat(np.ones((2, 3)), 4).shape, [2, 4, 3]),
        (lambda: K.relu(np.array([-1.0, 1.0]), 0.5), [-0.5, 1]),
        (lambda: K.int_shape(np.ones((2, 3))), [2, 3]),
    ],
)  # fmt: skip
def test_functions_of_the_backend(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found(), expected, rtol=1e-6)


def test_the_backend_on_symbolic_values_is_a_layer() -> None:
    a, b = pellucid.Input((3,)), pellucid.Input((3,))
    y = K.sum(K.concatenate([K.square(a), b]), axis=-1, keepdims=True)
    found = pellucid.Model([a, b], y).predict([X, X], verbose=0)
    np.testing.assert_allclose(found[:, 0], (X**2 + X).sum(axis=1), rtol=1e-5)


def test_a_function_gives_what_layers_between_say() -> None:
    model = network()
    inner = K.function([model.input, K.learning_phase()], [model.layers[0].output])
    np.testing.assert_allclose(inner([X, 0])[0], model.predict(X, verbose=0), rtol=1e-6)
    with pytest.raises(ValueError, match="outputs must be what layers return"):
        K.function([model.input], [X])


def test_images_may_have_their_channels_first() -> None:
    K.set_image_dim_ordering("th")
    assert K.image_data_format() == "channels_first"
    K.set_image_dim_ordering("tf")
    assert K.image_dim_ordering() == "tf"


# Programs and notebooks ---------------------------------------------------------------------------


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_arguments_are_passed_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = write(tmp_path / "p.py", "import sys\nprint(__name__, sys.argv[1:])\nsys.exit(3)\n")
    assert compat.run_program(program, ["-a", "b"]) == 3
    assert capsys.readouterr().out == "__main__ ['-a', 'b']\n"
    assert sys.modules["__main__"] is not None


def test_a_refusal_names_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = write(tmp_path / "p.py", "import tensorflow as tf\n\nwith tf.GradientTape() as tape:\n    pass\n")
    assert compat.run_program(program) == 1
    shown = capsys.readouterr().err
    assert shown.startswith(f"{program}, line 3: tf.GradientTape is raw TensorFlow, which pellucid does not have")
    assert shown.count("\n") == 1


def test_an_error_of_the_program_shows_its_own_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = write(tmp_path / "p.py", "def f():\n    return 1 / 0\n\nf()\n")
    assert compat.run_program(program) == 1
    shown = capsys.readouterr().err
    assert "line 4, in <module>" in shown
    assert "ZeroDivisionError" in shown
    assert "compat" not in shown


PROGRAM = """
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
model = Sequential([Dense(1, input_dim=2)])
model.compile('sgd', 'mse')
history = model.fit(np.zeros((100, 2)), np.zeros(100), batch_size=10, epochs=50, verbose=0)
print(len(history.epoch), model.optimizer.iterations)
"""


def test_a_trial_run_is_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = write(tmp_path / "p.py", PROGRAM)
    compat.run_program(program, epochs=2, limit=25)
    assert capsys.readouterr().out == "2 6\n"  # three batches of ten hold 25 samples
    assert config.max_epochs() is None
    compat.run_program(program, epochs=3)
    assert capsys.readouterr().out == "3 30\n"


def test_a_trial_run_loads_a_part_of_the_data() -> None:
    from pellucid.compat.modules import shortened
    from pellucid.datasets import digits

    config.set_max_samples(7)
    try:
        (x, _), (_, y_test) = shortened(digits.load_data)(size=9)
    finally:
        config.set_max_samples(None)
    assert (x.shape, y_test.shape) == ((7, 9, 9), (7,))


def test_files_of_any_name_are_written_and_read_by_older_programs(tmp_path: Path) -> None:
    model = network()
    with pytest.raises(ValueError, match="must end in"):
        model.save(tmp_path / "best_model")
    with compat.installed():
        model.save(tmp_path / "best_model")
        model.save_weights(tmp_path / "cp.ckpt")
        again = pellucid.models.load_model(tmp_path / "best_model")
        again.load_weights(tmp_path / "cp.ckpt")
        pellucid.callbacks.ModelCheckpoint(tmp_path / "best")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    assert not config.any_file_name()


def test_activations_of_tensorflow_are_activations_and_layers() -> None:
    with compat.installed():
        tf = importlib.import_module("tensorflow")
        x = tf.keras.Input((3,))
        y = tf.nn.relu(Dense(2, activation=tf.nn.tanh)(x))
        model = tf.keras.Model(x, y)
        model.compile("sgd", "mse")
        model.fit(X, X[:, :2], verbose=0)
        assert model.predict(X, verbose=0).min() >= 0
        assert model.layers[1].get_config()["activation"] == "tanh"
        assert tf.keras.layers.ThresholdedReLU(theta=2.0)(np.array([[1.0, 3.0]])).tolist() == [[0, 3]]


def test_callbacks_are_told_by_place_so_that_names_are_theirs() -> None:
    told = []
    model = network()
    model.fit(
        X, Y, verbose=0, callbacks=[pellucid.callbacks.LambdaCallback(on_epoch_end=lambda e, l: told.append(l["acc"]))]
    )
    assert len(told) == 1


def test_results_have_numpy_in_programs_of_tensorflow(keras: Any) -> None:
    tf = importlib.import_module("tensorflow")
    model = network()
    logits = model(X[:1]).numpy()
    assert type(logits) is np.ndarray
    assert tf.nn.softmax(logits).numpy().shape == (1, 2)
    loss = keras.losses.SparseCategoricalCrossentropy()(Y[:1], logits)
    assert f"{loss:.3f}" == f"{float(loss.numpy()):.3f}"
    assert tf.reduce_sum(tf.constant([1.0, 2.0]) * 2).numpy() == 6
    accuracy = keras.metrics.SparseCategoricalAccuracy()
    accuracy.update_state(Y, model(X))
    assert 0 <= accuracy.result().numpy() <= 1
    assert type(model.predict(X, verbose=0)) is np.ndarray


def notebook(path: Path, *cells: str) -> Path:
    made = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    return write(path, json.dumps({"cells": [{"cell_type": "markdown", "source": ["# hello"]}, *made]}))


def test_a_notebook_runs_cell_by_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(
        tmp_path / "n.ipynb",
        "%matplotlib inline\n!pip install keras\nfrom keras.layers import Dense\nx = 3",
        "%%bash\nls",
        "x + 1",
        "if x:\n    !ls\n    print(Dense.__name__)\nfiles = !ls\nfiles",
    )
    assert compat.run_notebook(path) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown == [
        "[cell 1] skipped: %matplotlib inline", "[cell 1] skipped: !pip install keras",
        "[cell 2] skipped: %%bash (the whole cell)", "4", "[cell 4] skipped: !ls", "[cell 4] skipped: files = !ls",
        "Dense", "[]",
    ]  # fmt: skip


def test_figures_of_a_notebook_are_saved_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    path = notebook(tmp_path / "n.ipynb", "import matplotlib.pyplot as plt", "plt.plot([1, 2]); plt.show()")
    assert compat.run_notebook(path) == 0
    assert (tmp_path / "n-cell2-1.png").read_bytes().startswith(b"\x89PNG")


def test_an_error_in_a_cell_shows_cell_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(tmp_path / "n.ipynb", "x = 1", "y = 2\nz = x / 0")
    assert compat.run_notebook(path) == 1
    shown = capsys.readouterr().err
    assert 'n.ipynb, cell 2", line 2' in shown
    assert "z = x / 0" in shown


def test_a_figure_as_the_last_value_or_displayed_is_saved_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    path = notebook(
        tmp_path / "n.ipynb",
        "from matplotlib.figure import Figure\nfrom matplotlib import pyplot as plt\nFigure()",
        "display(Figure(), 'and'); plt.figure()",
        "plt.figure();",
    )
    assert compat.run_notebook(path) == 0
    saved = sorted(one.name for one in tmp_path.glob("*.png"))
    assert saved == ["n-cell1-1.png", "n-cell2-1.png", "n-cell2-2.png", "n-cell3-1.png"]
    assert "and\n" in capsys.readouterr().out


def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path) -> None:
    for text in ("no json", "{}", '{"cells": [1]}'):
        with pytest.raises(FormatError, match="is not a notebook"):
            compat.run_notebook(write(tmp_path / "n.ipynb", text))


def test_python_that_looks_like_magic_is_left_alone() -> None:
    cell = "x = (7\n% 4)\ntext = '''\n!not a shell line\n'''"
    assert without_magics(cell) == (cell, [])


# What a program means -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "era"),
    [
        ("from keras.layers.core import Dense", "keras 2"),
        ("from keras.layers import LSTM\nmodel.fit(x, y, epochs=3)", "keras 3"),
        ("from keras.models import Sequential\nSGD(lr=0.1)", "keras 2"),
        ("import keras\nmodel = keras.Sequential()\nkeras.optimizers.Adam(learning_rate=0.1)", "keras 3"),
        ("import keras\nfrom keras import layers, ops", "keras 3"),
        ("import tensorflow as tf\ntf.keras.Sequential()", "tf.keras"),
        ("from tensorflow.keras.layers import Dense\nAdam(lr=0.1)", "tf.keras"),
        ("import tensorflow as tf\nsess = tf.Session()\ntf.keras.Sequential()", "keras 2"),
        ("import tensorflow as tf\nfrom keras.models import Sequential\ntf.random.set_seed(1)", "tf.keras"),
    ],
)
def test_a_programs_words_tell_its_era(source: str, era: str) -> None:
    assert era_of(source) == era


def test_the_defaults_of_then_last_as_long_as_the_program() -> None:
    with compat.installed(), meaning("keras 2"):
        assert pellucid.optimizers.get("adadelta").learning_rate == 1.0
        assert pellucid.layers.LSTM(2).recurrent_activation is keras_2_hard_sigmoid
        gru = pellucid.layers.GRU(2, name="gru")
        assert not gru.reset_after
        assert importlib.import_module("keras").layers.CuDNNGRU(2).reset_after
    assert pellucid.optimizers.get("adadelta").learning_rate == pytest.approx(0.001)
    assert pellucid.layers.LSTM(2).recurrent_activation.name == "sigmoid"
    assert pellucid.layers.GRU(2).reset_after
    with meaning("tf.keras"):
        assert pellucid.layers.LSTM(2).recurrent_activation.name == "sigmoid"
        assert pellucid.activations.get("hard_sigmoid") is keras_2_hard_sigmoid


def test_a_frozen_normalization_of_keras_2_normalizes_by_the_batch() -> None:
    x = np.random.default_rng(0).normal(3, 2, (16, 2)).astype("float32")
    layer = pellucid.layers.BatchNormalization()
    layer.build((None, 2))
    layer.trainable = False
    with meaning("keras 2"):
        y = layer(x, training=True)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-5)
    assert (layer.moving_mean.numpy() == 0).all()
    np.testing.assert_allclose(layer(x, training=True), x, rtol=1e-3)


def test_an_embedding_of_keras_1_drops_words_while_training(keras: Any) -> None:
    layer = keras.layers.Embedding(50, 3, dropout=0.5, weights=[np.ones((50, 3))])
    x = np.arange(50)[None]
    y = layer(x, training=True)
    assert set(np.unique(y)) == {0, 2}
    assert (y[0, :, 0] == y[0, :, 2]).all()
    assert (layer(x) == 1).all()
    assert type(keras.layers.Embedding(50, 3)) is pellucid.layers.Embedding


def test_layers_that_were_dropped(keras: Any) -> None:
    x = np.random.default_rng(0).random((4, 3)).astype("float32")
    maxout = keras.layers.MaxoutDense(2, nb_feature=3)
    y = maxout(x)
    kernel, bias = maxout.get_weights()
    np.testing.assert_allclose(y, (np.einsum("ni,kiu->nku", x, kernel) + bias).max(axis=1), rtol=1e-5)
    highway = keras.layers.Highway(activation="relu", transform_bias=-100)
    np.testing.assert_allclose(highway(x), x, atol=1e-6)
    model = keras.models.Sequential([keras.layers.Highway(input_shape=(3,)), keras.layers.MaxoutDense(1)])
    model.compile("sgd", "mse")
    history = model.fit(x, x.sum(axis=1), epochs=5, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]


def test_a_variable_of_the_backend_weighs_a_loss(keras: Any) -> None:
    weight = K.variable(0.0)
    model = keras.models.Sequential([keras.layers.Dense(1, input_dim=2)])
    model.compile("sgd", lambda t, p: weight * K.mean(K.square(t - p), axis=-1))
    x = np.ones((4, 2))
    assert model.evaluate(x, np.zeros(4) + 9, verbose=0) == 0
    K.set_value(weight, 2.0)
    wanted = 2 * np.mean((9 - model.predict(x, verbose=0)) ** 2)
    assert model.evaluate(x, np.zeros(4) + 9, verbose=0) == pytest.approx(wanted, rel=1e-5)
    assert K.get_value(weight) == 2


def test_an_error_is_shown_from_the_programs_own_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = write(
        tmp_path / "p.py",
        "from keras.models import Sequential\nfrom keras.layers import Dense\nimport numpy as np\n"
        "model = Sequential([Dense(3, input_dim=4)])\nmodel.compile('sgd', 'mse')\n"
        "def learn():\n    model.fit(np.zeros((5, 4)), np.zeros((5, 2)))\nlearn()\n",
    )
    assert compat.run_program(program) == 1
    said = capsys.readouterr().err
    assert "line 8, in <module>" in said
    assert "line 7, in learn" in said
    assert "ShapeError: y must be shaped (batch, 3), got (5, 2)." in said
    assert "adapters.py" not in said


def test_folders_that_a_notebook_makes_are_there_to_save_into(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    source, skipped = without_magics("x = 1\n!mkdir -p models/best logs\n!mkdir $HOME/elsewhere")
    exec(source, {})
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["best", "logs", "models"]
    assert skipped == ["!mkdir $HOME/elsewhere"]


def test_pylab_is_a_magic_that_imports() -> None:
    assert without_magics("%pylab inline\nx = 1") == ("from pylab import *\nx = 1", ["%pylab inline"])


def test_numpys_seed_settles_the_weights_of_an_old_program() -> None:
    found = []
    for _ in range(2):
        with meaning("keras 2"):
            np.random.seed(7)  # noqa: NPY002 - what the programs do
            layer = Dense(3)
            layer.build((None, 4))
            found.append(layer.get_weights()[0])
    np.testing.assert_array_equal(*found)
