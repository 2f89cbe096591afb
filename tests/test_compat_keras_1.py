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
