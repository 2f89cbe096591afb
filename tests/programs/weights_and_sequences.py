# Class weights, sample weights, several labels, a Sequence of batches, HDF5 data, and what evaluate says of them.
import math
import h5py
import numpy as np
from keras.layers import Dense, Dropout, GaussianNoise, Input
from keras.models import Model, Sequential, model_from_json
from keras.utils import Sequence, to_categorical
from keras.utils.io_utils import HDF5Matrix

np.random.seed(0)
x = np.random.randn(200, 6)
y = (x[:, 0] > 1).astype(int)
with h5py.File('data.h5', 'w') as f:
    f['x'], f['y'] = x, y
X_train, y_train = HDF5Matrix('data.h5', 'x', start=0, end=150), HDF5Matrix('data.h5', 'y', start=0, end=150)
assert X_train.shape == (150, 6)


def build():
    np.random.seed(1)
    model = Sequential([GaussianNoise(0.01, input_shape=(6,)), Dense(8, activation='elu'), Dropout(0.1), Dense(1, activation='sigmoid')])
    model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['binary_accuracy'])
    return model


heavy, plain = build(), build()
plain.set_weights(heavy.get_weights())
heavy.fit(X_train, y_train, epochs=8, batch_size=10, shuffle='batch', verbose=0, class_weight={0: 1., 1: 8.})
plain.fit(x[:150], y[:150], epochs=8, batch_size=10, verbose=0)
assert heavy.predict(x).mean() > plain.predict(x).mean()      # the rare class weighs more
sample_weight = np.where(y == 1, 8., 0.)
only = heavy.evaluate(x, y, sample_weight=sample_weight, verbose=0)
p = np.clip(heavy.predict(x)[:, 0], 1e-7, 1 - 1e-7)
np.testing.assert_allclose(only[0], (-np.log(p) * sample_weight).mean(), rtol=1e-4)


class Batches(Sequence):
    def __init__(self, x_set, y_set, batch_size):
        self.x, self.y = x_set, y_set
        self.batch_size = batch_size
        self.ended = 0

    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, idx):
        part = slice(idx * self.batch_size, (idx + 1) * self.batch_size)
        return np.array(self.x[part]), np.array(self.y[part])

    def on_epoch_end(self):
        self.ended += 1


tags = (x[:, :3] > 0).astype(int)
batches = Batches(x, tags, 32)
labels = Sequential([Dense(12, activation='relu', input_dim=6), Dense(3, activation='sigmoid')])
labels.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
history = labels.fit_generator(batches, epochs=4, verbose=0, use_multiprocessing=False, workers=1, max_queue_size=10)
assert batches.ended >= 3 and history.history['loss'][-1] < history.history['loss'][0]
np.testing.assert_allclose(labels.predict_generator(batches), labels.predict(x), rtol=1e-5)
np.testing.assert_allclose(labels.evaluate_generator(batches)[0], labels.evaluate(x, tags, verbose=0)[0], rtol=1e-4)

json_string = labels.to_json()
labels.save_weights('labels.h5')
with open('labels.json', 'w') as f:
    f.write(json_string)
again = model_from_json(open('labels.json').read())
again.load_weights('labels.h5')
np.testing.assert_allclose(again.predict(x), labels.predict(x), rtol=1e-6)
