"""Ways of writing of Keras 1 and early Keras 2, each on a few lines: they run, and mean what they meant."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import compat


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a program in a folder of its own; it must end well."""
    monkeypatch.chdir(tmp_path)

    def run(text: str, **settings: Any) -> None:
        program = tmp_path / "program.py"
        program.write_text(text, encoding="utf-8")
        assert compat.run_program(program, **settings) == 0

    return run


def test_first_numbers_come_from_functions_of_all_times(run: Any) -> None:
    run("""
import numpy as np
from keras import initializations
from keras.models import Sequential
from keras.layers import Dense

def wide(shape, name=None):
    return initializations.normal(shape, scale=0.5, name=name)

def ones_of(shape):
    return np.ones(shape)

model = Sequential([
    Dense(50, input_dim=40, init=wide), Dense(30, init=initializations.get('glorot_uniform')),
    Dense(2, init=lambda shape, name: initializations.uniform(shape, scale=0.01, name=name)), Dense(1, init=ones_of),
])
first, _, second, _, third, _, fourth, _ = model.get_weights()
assert 0.47 < first.std() < 0.53 and 0 < abs(third).max() <= 0.01 and (fourth == 1).all()
assert 0.8 * (6 / 80) ** 0.5 < abs(second).max() <= (6 / 80) ** 0.5
assert initializations.get_fans((8, 3, 5, 5)) == (75, 200)
""")


def test_layers_of_ones_own_take_weights_from_initializations(run: Any) -> None:
    run("""
import numpy as np
from keras import backend as K, initializations
from keras.engine.topology import Layer
from keras.models import Sequential
from keras.layers import Dense

class Mine(Layer):
    def __init__(self, output_dim, init='he_normal', **kwargs):
        self.init, self.output_dim = initializations.get(init), output_dim
        super(Mine, self).__init__(**kwargs)
    def build(self, input_shape):
        self.W = self.init((input_shape[-1], self.output_dim), name='{}_W'.format(self.name))
        self.trainable_weights = [self.W]
    def call(self, x, mask=None):
        return K.tanh(K.dot(x, self.W))
    def get_output_shape_for(self, input_shape):
        return (input_shape[0], self.output_dim)

model = Sequential([Mine(6, input_shape=(4,)), Dense(1, init='one')])
model.compile('sgd', 'mse')
assert model.output_shape == (None, 1) and model.count_params() == 31
W = model.layers[0].get_weights()[0].copy()
x = np.random.rand(8, 4)
assert np.allclose(model.predict(x), np.tanh(x @ W).sum(1, keepdims=True), atol=1e-5)
model.fit(x, np.zeros((8, 1)), nb_epoch=1, verbose=0)
assert not np.array_equal(W, model.layers[0].get_weights()[0])
""")


def test_batches_are_cut_by_helpers_of_the_engine() -> None:
    with compat.installed():
        from keras.datasets.data_utils import get_file
        from keras.engine.training import make_batches, slice_X

        x = np.arange(12).reshape(6, 2)
        assert slice_X(x, 4).tolist() == [[8, 9], [10, 11]]
        assert [part.tolist() for part in slice_X([x, x[:, 0]], [5, 0])] == [[[10, 11], [0, 1]], [10, 0]]
        assert make_batches(5, 2) == [(0, 2), (2, 4), (4, 5)]
        assert callable(get_file)


def test_placeholders_are_inputs_and_pictures_climb_gradients(run: Any) -> None:
    run("""
import numpy as np
from keras import backend as K
from keras.layers import Input, Dense, Flatten, Convolution2D
from keras.models import Model

style = K.variable(np.ones((1, 8, 8, 3)))
picture = K.placeholder((1, 8, 8, 3))
both = K.concatenate([style, picture], axis=0)
features = Convolution2D(4, 3, 3)(both)
loss = K.variable(0.)
loss += K.sum(K.square(features[1, :, :, :] - features[0, :, :, :]))
loss += 2. * K.mean(K.square(picture))
step = K.function([picture], [loss] + K.gradients(loss, picture))
x = np.random.random((1, 8, 8, 3)).astype('float64')
before, slope = step([x])
assert slope.shape == x.shape
assert step([x - 1e-3 * slope])[0] < before
assert K.int_shape(K.placeholder(ndim=2)) == (None, None)
""")


def test_words_are_read_off_pictures_with_ctc(run: Any) -> None:
    run("""
import numpy as np
from keras import backend as K
from keras.layers import Input, Dense, Lambda
from keras.models import Model
from keras.optimizers import SGD

def cost(args):
    y_pred, labels, input_length, label_length = args
    return K.ctc_batch_cost(labels, y_pred[:, 2:, :], input_length, label_length)

x = Input(name='the_input', shape=(12, 8))
y_pred = Dense(5, activation='softmax')(x)
labels = Input(name='the_labels', shape=[3])
input_length = Input(name='input_length', shape=[1], dtype='int64')
label_length = Input(name='label_length', shape=[1], dtype='int64')
out = Lambda(cost, output_shape=(1,), name='ctc')([y_pred, labels, input_length, label_length])
model = Model(inputs=[x, labels, input_length, label_length], outputs=out)
model.compile(loss={'ctc': lambda y_true, y_pred: y_pred}, optimizer=SGD(lr=0.3, clipnorm=5))
given = {'the_input': np.random.randn(8, 12, 8), 'the_labels': np.random.randint(0, 4, (8, 3)),
         'input_length': np.full((8, 1), 10), 'label_length': np.full((8, 1), 3)}
losses = model.fit(given, {'ctc': np.zeros(8)}, epochs=20, verbose=0).history['loss']
assert losses[-1] < 0.7 * losses[0]
""")


def test_deconvolutions_make_the_shape_they_are_told(run: Any) -> None:
    run("""
import numpy as np
from keras.layers import Deconvolution2D
from keras.models import Sequential, load_model

model = Sequential()
model.add(Deconvolution2D(5, 2, 2, (None, 15, 15, 5), border_mode='valid', subsample=(2, 2), input_shape=(7, 7, 3)))
model.add(Deconvolution2D(2, 3, 3, output_shape=(None, 29, 30, 2), border_mode='same', subsample=(2, 2)))
assert model.output_shape == (None, 29, 30, 2)
x = np.random.random((2, 7, 7, 3))
y = model.predict(x)
assert (y[:, 14, 14] == 0).all() or y.shape == (2, 29, 30, 2)
model.save('model.h5')
assert np.allclose(load_model('model.h5').predict(x), y, atol=1e-6)
""")


def test_capsules_route_with_the_batch_dot_of_their_time(run: Any) -> None:
    run("""
import numpy as np
from keras import backend as K
assert K.image_dim_ordering() == 'tf'
c, u = np.random.rand(2, 5, 7), np.random.rand(2, 5, 7, 3)
o = K.batch_dot(c, u, [2, 2])
assert np.allclose(o, np.einsum('nik,nikd->nid', c, u))
assert np.allclose(K.batch_dot(o, u, [2, 3]), np.einsum('nid,nikd->nik', o, u))
q = np.random.rand(2, 5, 4, 3)
assert K.batch_dot(q, u, axes=[3, 3]).shape == (2, 5, 4, 7)
assert K.batch_dot(c, np.random.rand(2, 7, 4), axes=(2, 1)).shape == (2, 5, 4)
""")


def test_steps_are_looped_over_by_rnn() -> None:
    from pellucid import backend as K

    x, mask = np.random.default_rng(0).random((2, 4, 3)), np.array([[1, 1, 0, 1], [0, 1, 1, 1]])
    last, outputs, states = K.rnn(lambda x, states: (states[0] + x * states[1], [states[0] + x]), x, [np.zeros((2, 3))],
                                  constants=[2.0])  # fmt: skip
    assert outputs.shape == (2, 4, 3)
    np.testing.assert_allclose(states[0], x.sum(1))
    np.testing.assert_allclose(last, x[:, :3].sum(1) + 2 * x[:, 3])
    _, _, (total,) = K.rnn(lambda x, states: (x, [states[0] + x]), x, [np.zeros((2, 3))], mask=mask)
    np.testing.assert_allclose(total, (x * mask[..., None]).sum(1))


def test_what_other_libraries_had_once_is_answered(run: Any) -> None:
    pytest.importorskip("sklearn")
    run("""
import numpy as np
import scipy.misc
from scipy.misc import imread, imresize, imsave
from sklearn.cross_validation import KFold, StratifiedKFold, train_test_split
from sklearn.externals import joblib
from sklearn.grid_search import GridSearchCV
from sklearn.linear_model import LogisticRegression

picture = (255 * np.random.rand(10, 12, 3)).astype('uint8')
imsave('a.png', picture)
assert np.array_equal(imread('a.png'), picture) and imresize(picture, (5, 6)).shape == (5, 6, 3)
assert scipy.misc.imresize(picture, 50).shape == (5, 6, 3) and scipy.misc.imresize(picture, 2.0).shape == (20, 24, 3)
y = np.repeat([0, 1], 10)
for train, test in StratifiedKFold(y=y, n_folds=5, shuffle=True, random_state=7):
    assert len(train) == 16 and y[test].tolist() == [0, 0, 1, 1]
assert len(KFold(20, n_folds=4)) == 4 and callable(joblib.dump)
GridSearchCV(LogisticRegression(), {'C': [1, 2]}, scoring='log_loss').fit(np.random.rand(20, 2), y)
""")


def test_channels_come_first_where_only_the_shapes_say_so(run: Any) -> None:
    program = """
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Flatten, Convolution2D, MaxPooling2D
rows, cols = 28, 28
X = np.random.rand(20 * 784).reshape(20, 1, rows, cols)
model = Sequential()
model.add(Convolution2D(8, 3, 3, border_mode='valid', input_shape=(1, rows, cols)))
model.add(MaxPooling2D())
model.add(Flatten())
assert model.layers[0].output_shape == (None, 8, 26, 26) and model.output_shape == (None, 8 * 13 * 13)
model.predict(X)
"""
    run(program)
    run(program.replace("20, 1, rows, cols", "20, rows, cols, 1").replace("(1, rows, cols)", "(rows, cols, 1)").replace(
        "(None, 8, 26, 26)", "(None, 26, 26, 8)"))  # fmt: skip


def test_python_2_is_read_as_python_3(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run("""
import cPickle
import numpy as np
print "hello",
print "x", 3
print ("a %d" % 3)
print ("a", "b"), 4
print "%s and %d" % ("b",
    7 / 2)
try:
    raise ValueError, "bad"
except ValueError, e:
    print 'caught', e
for name, value in {'a': 1}.iteritems():
    print name, {'a': 1}.has_key(name)
print np.arange(6).reshape(6 / 2, 2).shape, 1.0 / 2
if True: print "one"; print "two"
""")
    said = capsys.readouterr().out
    assert said == "hello x 3\na 3\n('a', 'b') 4\nb and 3\ncaught bad\na True\n(3, 2) 0.5\none\ntwo\n"


def test_what_no_python_reads_is_shown_where_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "p.py"
    program.write_text("x = 1\nprint 'a'\nif x:\n")
    assert compat.run_program(program) == 1
    said = capsys.readouterr().err
    assert "SyntaxError" in said
    assert "p.py" in said
    program.write_text("x = 7 / 2\nassert x == 3.5\n")  # Python 3 divides as Python 3 does
    assert compat.run_program(program) == 0


def test_sides_of_a_dot_are_named_one_by_one(run: Any) -> None:
    run("""
from keras.models import Sequential
from keras.layers.embeddings import Embedding
from keras.layers.core import Merge
left, right = Sequential(), Sequential()
left.add(Embedding(9, 4, input_length=6))
right.add(Embedding(9, 4, input_length=3))
match = Sequential()
match.add(Merge([left, right], mode='dot', dot_axes=[(2,), (2,)]))
assert match.output_shape == (None, 6, 3)
""")


def test_a_merge_has_the_models_that_it_merges(run: Any) -> None:
    program = """
import numpy as np
from keras.models import Sequential, load_model
from keras.layers import Merge, Dense, Embedding, Reshape
words, contexts = Sequential(), Sequential()
for one in (words, contexts):
    one.add(Embedding(10, 4, init="glorot_uniform", input_length=1))
    one.add(Reshape((4,)))
model = Sequential()
model.add(Merge([words, contexts], mode="concat"))
model.add(Dense(1))
model.compile("sgd", "mse")
x = [np.arange(5)[:, None]] * 2
model.train_on_batch(x, np.ones((5, 1)))
merge_layer = model.layers[0]
assert merge_layer.layers[0] is words
assert merge_layer.layers[1].layers[0].get_weights()[0].shape == (10, 4)
model.save("both.h5")
assert np.array_equal(load_model("both.h5").predict(x), model.predict(x))
"""
    run(program)
