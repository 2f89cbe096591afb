"""Manners of writing that courses and books of other years have in common."""

import importlib
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import datasets, layers
from pellucid.compat.era import meaning
from pellucid.compat.run import run_notebook, run_program


@pytest.mark.parametrize("kind", [np.uint8, np.int64])
def test_sizes_may_be_numpys_whole_numbers(kind: Any, tmp_path: Path) -> None:
    """`Input((labels.max() + 1,))`, `Dense(np.prod(shape))`, `input_dim=x.shape[1]`: none overflows, all are saved."""
    models = [
        pellucid.Sequential([layers.Dense(kind(200), input_dim=kind(200)), layers.Dense(kind(3))]),
        pellucid.Sequential([layers.Input((kind(10),)), layers.Reshape((kind(2), kind(5))), layers.LSTM(kind(70))]),
        pellucid.Sequential([layers.Embedding(kind(9), kind(4), input_length=kind(6)), layers.Flatten()]),
        pellucid.Sequential([layers.Conv2D(kind(4), kind(3), batch_input_shape=(None, kind(8), kind(8), kind(1)))]),
    ]
    for model in models:
        for size in model.input_shape[1:] + model.output_shape[1:]:
            assert type(size) is int
        assert json.loads(model.to_json())
        model.save(tmp_path / "model.keras")
        assert pellucid.models.load_model(tmp_path / "model.keras").count_params() == model.count_params()


def test_predict_says_nothing_until_keras_2_2(capsys: pytest.CaptureFixture[str]) -> None:
    """An agent that predicts at each of its steps would fill the screen."""
    model = pellucid.Sequential([layers.Dense(1, input_dim=2)])
    for era, lines in (("keras 2", 0), ("tf.keras", 1), ("keras 3", 1)):
        with meaning(era):
            model.predict(np.zeros((1, 2)))
            assert capsys.readouterr().out.count("1/1") == lines
    with meaning("keras 2"):
        model.predict(np.zeros((1, 2)), verbose=1)
    assert "1/1" in capsys.readouterr().out


def test_a_dataset_whose_length_the_program_names_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`x_train.reshape(60, 4)` needs all 60, whatever --limit says; fit stops early all the same."""
    arrays = {f"{kind}_{part}": np.ones((n, 2, 2) if kind == "x" else n) for part, n in PARTS for kind in "xy"}
    monkeypatch.setattr(pellucid.datasets.mnist, "load_data", lambda: tuple(
        (arrays[f"x_{part}"], arrays[f"y_{part}"]) for part, _ in PARTS
    ))  # fmt: skip
    program = tmp_path / "p.py"
    program.write_text(
        "from keras.datasets import mnist\nfrom keras.models import Sequential\nfrom keras.layers import Dense\n"
        "(x, y), (v, w) = mnist.load_data()\nx = x.reshape(60, 4)\nv = v.reshape(len(v), 4)\n"
        "m = Sequential([Dense(1, input_dim=4)])\nm.compile('sgd', 'mse')\n"
        "m.fit(x, y, batch_size=5, validation_data=(x, y))\nprint(len(v), m.evaluate(v, w, verbose=0) >= 0)\n"
    )
    assert run_program(program, limit=10) == 0
    said = capsys.readouterr().out
    assert "2/2" in said
    assert "10 True" in said


PARTS = (("train", 60), ("test", 30))


def test_each_output_may_have_class_weights_of_its_own() -> None:
    """A list as in Keras 2, or a dict by output: weights by hand for the same losses."""
    x, y = np.random.default_rng(0).normal(size=(6, 3)), np.arange(6) % 2
    a = layers.Input((3,))
    outputs = [layers.Dense(1, activation="sigmoid", name="real")(a), layers.Dense(3, name="kind")(a)]
    model = pellucid.Model(a, outputs)
    model.compile("sgd", ["binary_crossentropy", "mse"])
    one_hot = np.eye(3)[np.arange(6) % 3]
    first, second = {0: 1.0, 1: 3.0}, {0: 2.0, 1: 0.5, 2: 1.0}
    by_hand = [np.array([1.0, 3.0] * 3), np.array([2.0, 0.5, 1.0] * 2)]
    start = model.get_weights()
    losses = []
    for settings in (
        {"sample_weight": by_hand},
        {"class_weight": [first, second]},
        {"class_weight": {"real": first, "kind": second}},
    ):
        model.set_weights(start)
        losses.append(model.train_on_batch(x, [y, one_hot], **settings))
    assert losses[1] == pytest.approx(losses[0])
    assert losses[2] == pytest.approx(losses[0])
    with pytest.raises(ValueError, match="2 outputs"):
        model.train_on_batch(x, [y, one_hot], class_weight=first)
    with pytest.raises(ValueError, match="output"):
        model.train_on_batch(x, [y, one_hot], class_weight={"reel": first})
    alone = pellucid.Sequential([layers.Dense(1, activation="sigmoid")])
    alone.compile("sgd", "binary_crossentropy")
    with pytest.warns(UserWarning, match="ignored"):
        alone.train_on_batch(x, y, class_weight=[first, second])


def test_graphs_sessions_and_devices_may_be_asked_for(tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text(
        "import numpy as np, tensorflow as tf\nfrom keras import backend as K\nfrom keras.models import Sequential\n"
        "from keras.layers import Dense\nfrom tensorflow.python.client import device_lib\n"
        "assert [d.device_type for d in device_lib.list_local_devices()] == ['CPU']\n"
        "assert K.tensorflow_backend._get_available_gpus() == []\n"
        "config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)\n"
        "K.set_session(tf.Session(graph=tf.get_default_graph(), config=config))\n"
        "m = Sequential([Dense(1, input_dim=2)])\nm._make_predict_function()\ngraph = tf.get_default_graph()\n"
        "with graph.as_default(), K.get_session().as_default():\n"
        "    assert m.predict(np.zeros((1, 2))).shape == (1, 1)\n"
    )
    assert run_program(program) == 0


def test_a_callback_may_stand_on_keras_2s_own(tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text(
        "import numpy as np\nfrom keras.callbacks import BaseLogger\nfrom keras.models import Sequential\n"
        "from keras.layers import Dense\n"
        "class Monitor(BaseLogger):\n    def __init__(self, path):\n        super(Monitor, self).__init__()\n"
        "        self.H = []\n    def on_epoch_end(self, epoch, logs={}):\n        self.H.append(sorted(logs))\n"
        "m = Sequential([Dense(1, input_dim=2)])\nm.compile('sgd', 'mse')\nseen = Monitor('out')\n"
        "m.fit(np.ones((4, 2)), np.ones(4), nb_epoch=2, validation_split=0.5, verbose=0, callbacks=[seen])\n"
        "assert seen.H == [['loss', 'val_loss']] * 2, seen.H\n"
    )
    assert run_program(program) == 0


def test_a_merging_layer_of_ones_own_stands_on_keras_2s(tmp_path: Path) -> None:
    """With shapes that hold for one size of batch alone, as in gradient penalties."""
    program = tmp_path / "p.py"
    program.write_text(
        "import numpy as np\nfrom keras import backend as K\nfrom keras.layers.merge import _Merge\n"
        "from keras.layers import Input\nfrom keras.models import Model\n"
        "class Between(_Merge):\n    def _merge_function(self, inputs):\n"
        "        a = K.random_uniform((8, 1))\n        return a * inputs[0] + (1 - a) * inputs[1]\n"
        "x, y = Input((3,)), Input((3,))\nm = Model([x, y], Between()([x, y]))\nassert m.output_shape == (None, 3)\n"
        "z = m.predict([np.zeros((8, 3)), np.ones((8, 3))])\nassert ((0 <= z) & (z <= 1)).all()\n"
    )
    assert run_program(program) == 0


def test_a_trial_run_reads_the_last_checkpoint_for_those_it_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "p.py"
    program.write_text(
        "import numpy as np, os\nfrom keras.callbacks import ModelCheckpoint\nfrom keras.models import Sequential\n"
        "from keras.layers import Dense\nout = 'model_output'\nos.makedirs(out)\n"
        "m = Sequential([Dense(1, input_dim=2)])\nm.compile('sgd', 'mse')\n"
        "m.fit(np.ones((4, 2)), np.ones(4), epochs=4, verbose=0,\n"
        "      callbacks=[ModelCheckpoint(filepath=out + '/weights.{epoch:02d}.hdf5')])\n"
        "there = m.get_weights()[0]\nm.load_weights(out + '/weights.02.hdf5')\n"
        "assert (m.get_weights()[0] == there).all()\nm.load_weights(out + '/others.02.hdf5')\n"
    )
    assert run_program(program, epochs=1) == 1  # nothing stands for a file of another name
    said = capsys.readouterr().err
    assert "weights.01.hdf5 is read in its place" in said
    assert "others.02.hdf5" in said


def test_a_shared_layer_has_one_shape_where_its_calls_agree() -> None:
    dense = layers.Dense(3)
    dense(layers.Input((2,)))
    dense(layers.Input((2,)))
    assert (dense.input_shape, dense.output_shape) == ((None, 2), (None, 3))
    dense(layers.Input((5, 2)))
    with pytest.raises(AttributeError, match="3 times"):
        dense.output_shape  # noqa: B018


def test_layers_popped_off_the_list_are_gone_until_keras_2_2() -> None:
    """The way to a new head: model.layers.pop(), then what comes after the last that is left."""
    with meaning("keras 2"):
        model = pellucid.Sequential([layers.Dense(4, input_dim=3), layers.Dense(5), layers.Dense(2)])
        kept = model.layers[1].get_weights()
        model.layers.pop()
        model.outputs = [model.layers[-1].output]
        model.layers[-1].outbound_nodes = []
        assert model.output_shape == (None, 5)
        model.add(layers.Dense(7))
        assert model.predict(np.zeros((1, 3))).shape == (1, 7)
        assert (model.layers[1].get_weights()[0] == kept[0]).all()
        a = layers.Input((3,))
        whole = pellucid.Model(a, layers.Dense(2)(layers.Dense(5)(a)))
        whole.layers.pop()
        assert pellucid.Model(whole.input, whole.layers[-1].output).output_shape == (None, 5)
        assert whole.predict(np.zeros((1, 3))).shape == (1, 2)  # what it computes is as it was
    model = pellucid.Sequential([layers.Dense(4, input_dim=3), layers.Dense(2)])
    model.layers.pop()
    assert len(model.layers) == 2


def test_arrays_called_trainable_in_build_are_weights(tmp_path: Path) -> None:
    """`self.b = K.zeros((n,)); self.trainable_weights = [self.W, self.b]`: in Keras 1 and 2 a variable."""
    program = tmp_path / "p.py"
    program.write_text(
        "import numpy as np\nfrom keras import backend as K\nfrom keras.engine.topology import Layer\n"
        "from keras.models import Sequential\nclass Affine(Layer):\n    def build(self, input_shape):\n"
        "        self.W = self.add_weight((input_shape[1], 4), initializer='zero', name='W')\n"
        "        self.b = K.zeros((4,))\n        self.trainable_weights = [self.W, self.b]\n"
        "    def call(self, x, mask=None):\n        return K.dot(x, self.W) + self.b\n"
        "    def get_output_shape_for(self, shape):\n        return (shape[0], 4)\n"
        "m = Sequential()\nm.add(Affine(input_dim=3))\nm.compile('sgd', 'mse')\n"
        "m.fit(np.zeros((4, 3)), np.ones((4, 4)), nb_epoch=1, verbose=0)\n"
        "W, b = m.get_weights()\nassert (W == 0).all() and np.allclose(b, 0.01 * 2 / 4), b\n"
    )
    assert run_program(program) == 0


def test_a_declared_shape_hides_no_refusal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "p.py"
    program.write_text(
        "import tensorflow as tf\nfrom keras.layers import Input, Lambda\n"
        "def draw(x):\n    return tf.distributions.Normal(x, 1.0).sample()\n"
        "Lambda(draw, output_shape=(1,))(Input((1,)))\n"
    )
    assert run_program(program) == 1
    assert "line 4: tf.distributions is raw TensorFlow" in capsys.readouterr().err


def test_a_symbols_shape_is_told_as_tensorflow_tells_it() -> None:
    assert layers.Dense(3)(layers.Input((2,))).get_shape().as_list() == [None, 3]


def test_updates_without_a_loss_are_refused_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "p.py"
    program.write_text("from keras.optimizers import RMSprop\n\nRMSprop(lr=0.1).get_updates([], [], None)\n")
    assert run_program(program) == 1
    assert "get_updates: needs a loss computed from what layers return on an Input" in capsys.readouterr().err


def run_cells(tmp_path: Path, *cells: str, kernel: str = "python3", outputs: Any = ()) -> int:
    notebook = tmp_path / "n.ipynb"
    written = [{"cell_type": "code", "source": cell, "outputs": outputs, "metadata": {}} for cell in cells]
    notebook.write_text(json.dumps({"cells": written, "metadata": {"kernelspec": {"name": kernel}}, "nbformat": 4}))
    return run_notebook(notebook)


def test_notebooks_of_python_2_import_the_future_anywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """IPython compiles a cell statement by statement, so that its place did not matter; its meaning stays."""
    (tmp_path / "helper.py").write_text("x = 7\n")
    cells = (
        "print 7 / 2",
        "%matplotlib inline\nimport helper; reload(helper)\nfrom helper import *\nfrom __future__ import division",
        "print 'half', x / 2",
        "x / 2",
    )
    assert run_cells(tmp_path, *cells) == 0
    assert capsys.readouterr().out.replace("[cell 2] skipped: %matplotlib inline\n", "") == "3\nhalf 3.5\n3.5\n"


def test_a_program_of_python_2_divides_as_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "p.py"
    program.write_text("from __future__ import division\nprint 7 / 2\n")
    assert run_program(program) == 0
    assert capsys.readouterr().out == "3.5\n"


def test_what_python_has_dropped_is_there_while_a_program_runs(tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text(
        "import collections, fractions, inspect, time\n"
        "assert time.clock() >= 0 and fractions.gcd(12, 18) == 6 and isinstance([], collections.Iterable)\n"
        "assert inspect.getargspec(lambda a, b=1: a)[0] == ['a', 'b']\n"
    )
    assert run_program(program) == 0
    assert not hasattr(time, "clock")


def test_the_predictions_of_several_outputs_make_one_array_whose_rows_are_numbers(tmp_path: Path) -> None:
    """`[vocab[int(i)] for i in np.argmax(model.predict(x), axis=-1)]`, one output for each step of a sequence."""
    program = tmp_path / "p.py"
    program.write_text(
        "import numpy as np\nfrom keras.models import Model\nfrom keras.layers import Dense, Input\n"
        "a = Input((3,))\nm = Model(a, [Dense(4)(a), Dense(4)(a)])\n"
        "y = m.predict(np.ones((1, 3)))\nassert isinstance(y, list) and len(y) == 2 and y[0].shape == (1, 4)\n"
        "found = [int(i) for i in np.argmax(y, axis=-1)]\nassert found == [int(part[0].argmax()) for part in y]\n"
        "assert np.concatenate(y).shape == (2, 4) and np.array(y).shape == (2, 1, 4)\n"
        "first, second = Model(a, [Dense(4)(a), Dense(2)(a)]).predict(np.ones((1, 3)))\nassert second.shape == (1, 2)\n"
    )
    assert run_program(program) == 0


@pytest.mark.parametrize(("said", "left"), [("x[5000:]", 55000), ("x[-2000:]", 2000), ("x[:100]", 100), ("x", 300)])
def test_a_limit_leaves_what_a_program_cuts_off(said: str, left: int, tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text(
        "from keras.datasets import mnist\n(x, y), (x_test, y_test) = mnist.load_data()\n"
        f"assert len({said}) == {left} and len(x_test) in (300, 10000), len({said})\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        pictures = np.zeros((60000, 2, 2), "uint8"), np.zeros(60000, "uint8")
        patch.setattr(datasets.mnist, "load_data", lambda: (pictures, (pictures[0][:10000], pictures[1][:10000])))
        assert run_program(program, limit=300) == 0


def test_a_layer_may_stand_several_times_in_a_row(tmp_path: Path) -> None:
    """Keras counts, trains and saves it once; the numbers are those of Keras 3.15."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 3)).astype("float32"), rng.normal(size=(20, 1)).astype("float32")
    for first in (True, False):
        again = layers.Dense(3, activation="tanh")
        model = pellucid.Sequential([layers.Input((3,))] if first else [])
        for layer in (again, again, again, layers.Dense(1)):
            model.add(layer)
        model.build((None, 3))
        model.set_weights([np.arange(9).reshape(3, 3) / 20 - 0.2, np.ones(3) / 10, np.ones((3, 1)), np.zeros(1)])
        model.compile("sgd", "mse")
        assert (len(model.layers), model.count_params(), len(model.weights)) == (4, 16, 4)
        history = model.fit(x, y, epochs=3, shuffle=False, verbose=0).history
        assert history["loss"][-1] == pytest.approx(1.305631399154663, rel=1e-5)
        model.save(tmp_path / "m.keras")
        loaded = pellucid.models.load_model(tmp_path / "m.keras")
        np.testing.assert_allclose(loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6)
        assert loaded.count_params() == 16


def test_keras_1_makes_layers_of_what_they_say_of_themselves() -> None:
    old = importlib.import_module("pellucid.compat.old.utils")
    layer = old.layer_from_config({"class_name": "Dense", "config": layers.Dense(3, name="d").get_config()})
    assert isinstance(layer, layers.Dense)
    assert (layer.units, layer.name) == (3, "d")


def test_a_notebook_of_python_2_has_its_lists_and_its_division(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = ("import numpy as np\nnp.array(map(len, ['a', 'bcd'])).max(), zip([1], [2])[0], 7 / 2",)
    assert run_cells(tmp_path, *cells, kernel="python2") == 0
    assert capsys.readouterr().out == "(np.int64(3), (1, 2), 3)\n"
    assert run_cells(tmp_path, "7 / 2") == 0
    assert capsys.readouterr().out == "3.5\n"


def test_elements_of_a_dataset_have_numpy_and_shape(tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text(
        "import numpy as np, tensorflow as tf\n"
        "letters = np.array(['a', 'b', 'c'])\nnumbers = tf.data.Dataset.from_tensor_slices(np.arange(3))\n"
        "assert [letters[i.numpy()] for i in numbers.take(2)] == ['a', 'b']\n"
        "for pair in numbers.batch(2, drop_remainder=True).map(lambda x: (x[:-1], x[1:])):\n"
        "    assert [part.numpy().tolist() for part in pair] == [[0], [1]]\n"
        "assert [type(i) for i in numbers.as_numpy_iterator()] == [np.int64] * 3\n"
        "drawn = tf.random.categorical(np.zeros((2, 3)), num_samples=1)[-1, 0].numpy()\nassert 0 <= drawn < 3\n"
        "assert '%d {:.1f}'.format(tf.constant([1.5])[0]) % tf.constant([2])[0] == '2 1.5'\n"
        "assert tf.keras.preprocessing.image.ImageDataGenerator().flow(np.ones((5, 4, 4, 1))).N == 5\n"
    )
    assert run_program(program) == 0


@pytest.mark.parametrize(("said", "name"), [("Using TensorFlow backend.\n", "dense_1"), ("", "dense")])
def test_what_a_notebook_printed_tells_its_time(
    said: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = [{"name": "stderr", "output_type": "stream", "text": [said]}]
    pellucid.backend.clear_session()
    assert run_cells(tmp_path, "import keras", "keras.layers.Dense(1).name", outputs=outputs) == 0
    assert capsys.readouterr().out == f"{name!r}\n"


def test_the_latest_checkpoint_is_the_newest_file_of_its_folder(tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text(
        "import numpy as np, tensorflow as tf\n"
        "m = tf.keras.Sequential([tf.keras.layers.Dense(1)])\nm.compile('sgd', 'mse')\n"
        "make = tf.keras.callbacks.ModelCheckpoint\n"
        f"saved = make({str(tmp_path / 'c' / 'ckpt_{epoch}')!r}, save_weights_only=True)\n"
        f"assert tf.train.latest_checkpoint({str(tmp_path / 'c')!r}) is None\n"
        "m.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=3, callbacks=[saved])\n"
        f"latest = tf.train.latest_checkpoint({str(tmp_path / 'c')!r})\nassert latest.endswith('ckpt_3')\n"
        "before = m.get_weights()[0]\nm.set_weights([0 * w for w in m.get_weights()])\nm.load_weights(latest)\n"
        "assert (m.get_weights()[0] == before).all()\n"
    )
    assert run_program(program) == 0


def test_tensor_shapes_build_models(tmp_path: Path) -> None:
    program = tmp_path / "p.py"
    program.write_text(
        "import tensorflow as tf\nshape = tf.TensorShape([1, None])\nassert shape.as_list() == [1, None]\n"
        "m = tf.keras.Sequential([tf.keras.layers.Embedding(5, 2, batch_input_shape=[1, None])])\n"
        "m.build(shape)\nassert m.output_shape == (1, None, 2)\n"
    )
    assert run_program(program) == 0
