"""What programs of other Kerases see: the names of layers and of metrics in the log, what callbacks are given."""

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import backend as K
from pellucid import compat, layers, models
from pellucid.compat.era import era_of, meaning
from pellucid.compat.run import without_magics

X, Y = np.linspace(0, 1, 24, dtype="float32").reshape(8, 3), np.arange(8) % 2


def names_of(era: str) -> list[str]:
    with meaning(era):
        K.clear_session()
        a = layers.Input((3,))
        b = layers.Dense(2)(a)
        model = models.Model(a, layers.Dense(1)(b))
        return [*(layer.name for layer in model.layers), model.name, models.Sequential().name]


def test_layers_are_counted_as_the_keras_of_the_time_did() -> None:
    assert names_of("keras 2") == ["input_1", "dense_1", "dense_2", "model_1", "sequential_1"]
    assert names_of("tf.keras") == ["input_1", "dense", "dense_1", "model", "sequential"]
    assert names_of("keras 3") == ["input_layer", "dense", "dense_1", "functional", "sequential"]


def logged(era: str, source: str, *metrics: str) -> list[str]:
    with meaning(era, source):
        model = models.Sequential([layers.Dense(1, activation="sigmoid", input_shape=(3,))])
        model.compile("sgd", "binary_crossentropy", metrics=list(metrics))
        return list(model.fit(X, Y, verbose=0).history)


def test_the_log_says_acc_until_keras_2_2() -> None:
    assert set(logged("keras 2", "", "accuracy", "mae")) == {"loss", "acc", "mean_absolute_error"}
    assert set(logged("keras 2", "h['val_accuracy']", "accuracy", "mae")) == {"loss", "accuracy", "mae"}
    assert set(logged("keras 2", "plt.plot(h.history['accuracy'])", "accuracy")) == {"loss", "accuracy"}
    assert set(logged("keras 3", "", "accuracy", "mae")) == {"loss", "accuracy", "mae"}


def test_either_name_of_a_metric_finds_it() -> None:
    history = pellucid.callbacks.History()
    history.on_epoch_end(0, {"val_mae": 0.5, "mean_squared_error": 2.0})
    assert history.history["val_mean_absolute_error"] == [0.5]
    assert history.history["mse"] == [2.0]


@pytest.mark.parametrize(
    "line",
    [
        "from __future__ import print_function",
        "from keras.preprocessing.text import Tokenizer",
        "K.mean(x)",
        "model.compile('adadelta', 'mse')",
        "datagen = ImageDataGenerator(rescale=1 / 255)",
        "from six.moves import range",
    ],
)
def test_more_signs_of_keras_2(line: str) -> None:
    assert era_of(f"import keras\n{line}\n") == "keras 2"


class Listener(pellucid.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.seen: Any = None

    def set_model(self, model: Any) -> None:
        self.model = model  # as programs write it

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seen = self.validation_data


def test_callbacks_have_the_model_and_the_validation_data() -> None:
    model = models.Sequential([layers.Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    listener = Listener()
    model.fit(X, Y, validation_data=(X[:5], Y[:5]), callbacks=[listener], verbose=0)
    x, y, weights = listener.seen
    assert listener.model is model
    assert (x.shape, y.shape, weights.tolist()) == ((5, 3), (5,), [1.0] * 5)
    listener = Listener()
    model.fit(X, Y, validation_split=0.25, callbacks=[listener], verbose=0)
    np.testing.assert_array_equal(listener.seen[0], X[6:])


def test_symbols_meet_arrays_variables_and_their_own_shape() -> None:
    a = layers.Input((None, 3))
    weight = K.variable(2.0)
    size = K.prod(K.cast(K.shape(a), "float32"))
    parts = [np.full((1, 1, 3), 2.0) * a, weight * a, abs(-a), K.sum(a) / size, a % 2, K.cast(a > 1, "float32")]
    run = K.function([a], parts)
    x = np.arange(12, dtype="float32").reshape(1, 4, 3)
    doubled, weighed, same, mean, rest, large = run([x])
    np.testing.assert_array_equal(doubled, 2 * x)
    np.testing.assert_array_equal(weighed, 2 * x)
    np.testing.assert_array_equal(same, x)
    assert (mean, doubled.dtype) == (x.mean(), np.float32)
    np.testing.assert_array_equal(rest, x % 2)
    np.testing.assert_array_equal(large, x > 1)
    K.set_value(weight, 3.0)
    np.testing.assert_array_equal(run([x])[1], 3 * x)


def test_the_slope_of_a_weighed_sum_needs_rules_alone() -> None:
    a = layers.Input((3,))
    loss = K.variable(0.0)
    loss = loss + K.sum(K.square(a)) / K.prod(K.cast(K.shape(a), "float32"))
    slope = K.function([a], [K.gradients(loss, a)[0]])
    np.testing.assert_allclose(slope([X])[0], 2 * X / X.size, rtol=1e-6)


def test_a_sequential_whose_length_nobody_said_takes_others() -> None:
    model = models.Sequential([layers.Dense(4, activation="relu"), layers.Dense(2)])
    short, long = np.ones((2, 5, 3), "float32"), np.ones((2, 9, 3), "float32")
    y = model(short)
    np.testing.assert_array_equal(model(long)[:, :5], y)
    assert model.predict(long, verbose=0).shape == (2, 9, 2)
    assert model.input_shape == (None, None, 3)
    np.testing.assert_array_equal(model(short), y)


def test_a_sequential_whose_weights_need_the_length_refuses_others() -> None:
    model = models.Sequential([layers.Flatten(), layers.Dense(2)])
    y = model(np.ones((2, 5, 3), "float32"))
    for use in (model, model.predict):
        with pytest.raises(ValueError, match="must be shaped"):
            use(np.ones((2, 9, 3), "float32"))
    np.testing.assert_array_equal(model(np.ones((2, 5, 3), "float32")), y)
    with pytest.raises(ValueError, match="must be shaped"):
        models.Sequential([layers.Dense(2, input_shape=(5, 3))])(np.ones((2, 9, 3), "float32"))


def test_an_error_inside_is_shown_without_its_way_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "p.py"
    program.write_text("from keras.utils import get_file\nget_file('x', 'file:///no/such/file')\n")
    assert compat.run_program(program) == 1
    said = capsys.readouterr().err
    assert "line 2" in said
    assert "cannot be fetched" in said
    assert "During handling" not in said
    assert "direct cause" not in said
    program.write_text("try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('second')\n")
    assert compat.run_program(program) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_six_is_there_for_programs_that_mean_it(tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text(
        "import keras, six\nfrom six.moves import range, cPickle\nfrom six.moves.urllib.request import urlopen\n"
        "assert list(range(2)) == [0, 1] and list(six.iteritems({1: 2})) == [(1, 2)]\n"
        "assert isinstance('a', six.string_types) and cPickle.loads(cPickle.dumps(3)) == 3\n"
    )
    assert compat.run_program(program) == 0
    assert "six" not in sys.modules or hasattr(sys.modules["six"], "__version__")


def run_text(path: Path, text: str) -> int:
    path.write_text(text)
    return compat.run_program(path)


def test_a_row_of_one_prediction_is_a_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "from keras.models import Sequential\nfrom keras.layers import Dense\nimport numpy as np\n"
        "model = Sequential([Dense(1, input_dim=2, kernel_initializer='ones')])\nx = np.full((2, 2), .25)\n"
        "p, c = model.predict(x), model.predict_classes(x)\n"
        "print('%d %.2f' % (c[0], p[1]), int(c[1]), float(p[0]), repr(p), type(p.sum()), isinstance(p, np.ndarray))\n"
    )
    assert run_text(tmp_path / "p.py", text) == 0
    said = capsys.readouterr().out
    assert "0 0.50 0 0.5 array([[0.5],\n       [0.5]], dtype=float32) <class 'numpy.float32'> True" in said
    assert type(models.Sequential([layers.Dense(1)]).predict(X, verbose=0)) is np.ndarray


def test_numpy_has_its_old_names_while_a_program_runs(tmp_path: Path) -> None:
    text = "import numpy as np\nassert np.float is float and np.int is int and np.NaN != np.NaN\nnp.product([2, 3])\n"
    assert run_text(tmp_path / "p.py", text) == 0
    assert not hasattr(np, "int")
    assert not hasattr(np, "NaN")


def test_what_notebooks_take_for_granted_is_there(tmp_path: Path) -> None:
    text = (
        "import keras, pydot\nfrom IPython.display import SVG, Image, clear_output, display\nimport IPython\n"
        "clear_output(wait=True)\ndisplay(Image(filename='a.png'))\nSVG('<svg/>')\n"
    )
    assert run_text(tmp_path / "p.py", text) == 0


def test_pictures_follow_the_order_that_was_set(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for name in ("a", "b"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        image.fromarray(np.zeros((6, 8, 3), "uint8")).save(tmp_path / "pictures" / name / "1.png")
    text = (
        "from keras import backend as K\nK.set_image_dim_ordering('th')\nimport numpy as np\n"
        "from keras.preprocessing import image\ngen = image.ImageDataGenerator(horizontal_flip=True)\n"
        f"batches = gen.flow_from_directory({str(tmp_path / 'pictures')!r}, target_size=(4, 5))\n"
        "assert next(batches)[0].shape == (2, 3, 4, 5) and (batches.nb_sample, batches.nb_class) == (2, 2)\n"
        "assert next(gen.flow(np.zeros((2, 3, 4, 5)), np.zeros(2)))[0].shape == (2, 3, 4, 5)\n"
        "assert image.img_to_array(image.array_to_img(np.zeros((3, 4, 5)))).shape == (3, 4, 5)\n"
    )
    assert run_text(tmp_path / "p.py", text) == 0


def test_a_magic_may_stand_before_a_future_import() -> None:
    compile(without_magics("%matplotlib inline\nfrom __future__ import division\nx = 1")[0], "c", "exec")


class Numbers:
    """Three batches by number, which are also an iterator, as those of ImageDataGenerator are."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, number: int) -> Any:
        return np.full((2, 1), float(number)), np.zeros(2)

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        raise AssertionError("the batches are asked for by number")


def test_what_has_no_end_gives_as_many_batches_as_were_asked_for() -> None:
    seen: list[float] = []
    batches = Numbers()
    model = models.Sequential([layers.Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse", run_eagerly=True)
    found = model.predict(batches, steps=7, verbose=0)
    assert len(found) == 14
    np.testing.assert_array_equal(found[:6], found[6:12])
    source = pellucid.data.source(batches, inputs=model.input_slots(), targets=model.target_slots(), steps=2)
    for epoch in range(3):
        seen += [float(batch.x[0][0, 0]) for batch in source.batches(None, epoch)]
    assert seen == [0, 1, 2, 0, 1, 2]
    assert len(model.fit(batches, steps_per_epoch=5, epochs=2, verbose=0).history["loss"]) == 2


def test_functions_without_a_name_come_back_where_the_program_still_has_them(tmp_path: Path) -> None:
    def shifted(by: float) -> Any:
        return layers.Lambda(lambda x: x + by)

    a = layers.Input((3,))
    model = models.Model(a, shifted(1.0)(shifted(10.0)(a) * 2.0))
    wanted = (X + 10) * 2 + 1
    np.testing.assert_array_equal(model.predict(X, verbose=0), wanted)
    np.testing.assert_array_equal(models.clone_model(model).predict(X, verbose=0), wanted)
    with pytest.warns(UserWarning, match="a file cannot hold these functions"):
        model.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(models.load_model(tmp_path / "m.keras").predict(X, verbose=0), wanted)
    with pytest.raises(ValueError, match="is not here"):
        layers.Lambda("<lambda> 00000000-1")


def test_an_input_layer_takes_the_old_name_of_its_shape() -> None:
    model = models.Sequential([layers.InputLayer(input_shape=[8]), layers.Dense(1)])
    assert model.input_shape == (None, 8)


def test_categorical_draws_as_the_logits_say() -> None:
    with compat.installed():
        import tensorflow as tf

        drawn = tf.random.categorical(np.log([[0.25, 0.75], [1.0, 1e-9]]), 4000).numpy()
        assert tf.size(np.zeros((2, 3))) == 6
        assert tf.range(0, limit=6, delta=2).tolist() == [0, 2, 4]
    assert drawn.shape == (2, 4000)
    assert abs(drawn[0].mean() - 0.75) < 0.03
    assert not drawn[1].any()


class Scale(layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.factor = K.variable(np.ones(input_shape[-1]), name="factor")
        self.trainable_weights = [self.factor]  # as programs of Keras 1 write it
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        return x * self.factor


def test_a_layer_may_say_its_trainable_weights_as_in_keras_1() -> None:
    model = models.Sequential([Scale(input_shape=(3,))])
    model.compile("sgd", "mse")
    model.fit(X, 2 * X, epochs=2, verbose=0)
    assert len(model.trainable_weights) == 1
    assert (model.get_weights()[0] > 1).all()


def test_an_input_layers_input_is_its_output() -> None:
    a = layers.Input((3,))
    model = models.Model(a, layers.Dense(2)(a))
    assert model.layers[0].input is a
    assert model.layers[0].input_shape == (None, 3)
    assert K.function([model.layers[0].input], [model.layers[1].output])([X])[0].shape == (8, 2)


def test_a_module_lists_its_names() -> None:
    with compat.installed():
        from tensorflow import keras

        assert "he_normal" in dir(keras.initializers)
        assert {"LeakyReLU", "Dense"} < set(dir(keras.layers))


def test_all_defaults_are_todays_again_afterwards() -> None:
    kinds = [getattr(pellucid.optimizers, name) for name in ("Adam", "Adamax", "Nadam", "Adagrad", "Adadelta")]
    with meaning("keras 2"):
        assert [float(kind().learning_rate) for kind in kinds] == pytest.approx([0.001, 0.002, 0.002, 0.01, 1.0])
    assert [float(kind().learning_rate) for kind in kinds] == pytest.approx([0.001] * 5)


def test_what_programs_until_2017_take_for_granted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "program.py"
    program.write_text("""
import numpy as np
import theano.tensor as T
from keras import backend as K
from keras.callbacks import RemoteMonitor
from keras.layers.core import Dense
from keras.models import Sequential

def below(y_true, y_pred):
    return K.mean(K.tf.cast(y_pred[:, 0] < 0.5, y_pred.dtype))

model = Sequential()
model.add(Dense(2, input_dim=3, init="one"))
model.compile("sgd", "mse", metrics=[below])
model.fit(np.ones((4, 3)), np.ones((4, 2)), nb_epoch=3, callbacks=[RemoteMonitor()], verbose=0)
layer = model.layers[0]
print(K.get_value(layer.W).shape, layer.b.shape, K.tf.cast(model.predict(np.zeros((1, 3))), "int32").eval())
for attempt in (model.to_yaml, lambda: T.matrix("x"), lambda: layer.U):
    try:
        attempt()
    except Exception as error:
        print(error)
raise ValueError("x and y must have the same length")
""", encoding="utf-8")  # fmt: skip
    with pytest.warns(UserWarning, match="RemoteMonitor: nothing is sent to http://localhost:9000"):
        assert compat.run_program(program, epochs=1) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "(3, 2) (2,) [[0 0]]",
        "to_yaml is gone, because YAML can run code. Use model.to_json() and model_from_json.",
        "theano.tensor.matrix is raw Theano, which pellucid does not have. Use keras.backend.",
        "'Dense' object has no attribute 'recurrent_kernel'",
    ]
    assert err.splitlines()[-1] == "(--epochs 1 cut its training short, of which this error may come.)"


def test_refusals_name_what_there_is() -> None:
    with compat.installed():
        tf = importlib.import_module("tensorflow")
        for module, name, said in (
            (tf.metrics, "auc", r"metrics\.auc is not in pellucid\. There is AUC\."),
            (tf.contrib, "data", "give fit the dataset itself"),
        ):
            with pytest.raises(compat.Refusal, match=said):
                getattr(module, name)

    class Old(layers.Layer):
        def get_output(self, train: bool) -> Any:
            return self.get_input(train)

    with pytest.raises(NotImplementedError, match=r"get_output\(train\) is of Keras 0\.3: write call\(x\)"):
        Old()(np.ones((2, 3)))


def test_methods_of_python_2_are_there_in_programs_that_python_3_can_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "program.py"
    program.write_text("""
def batches():
    next = 7
    while True:
        yield next
        next += 1

class Own:
    def next(self):
        return "own"

found, counts = batches(), {"a": 1}
found.next()
print(found.next(), counts.has_key("a"), counts.has_key("b"), list(counts.iteritems()), Own().next())
""", encoding="utf-8")  # fmt: skip
    assert compat.run_program(program) == 0
    assert capsys.readouterr().out == "8 True False [('a', 1)] own\n"


@pytest.mark.parametrize(
    ("imports", "half"),
    [
        ("import cPickle", "3"),
        ("try:\n    import cPickle as pickle\nexcept ImportError:\n    import pickle", "3.5"),
        ("from __future__ import division\nimport cPickle", "3.5"),
        ("import pickle", "3.5"),
    ],
)
def test_a_program_that_needs_python_2_divides_as_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], imports: str, half: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"{imports}\nprint(7/2)\n", encoding="utf-8")
    assert compat.run_program(program) == 0
    assert capsys.readouterr().out == f"{half}\n"
