# How fast do the layers learn? A callback over the gradients of the course: weights before and after each batch, and
# K.gradients' place taken by the change of the weights. Sigmoids learn slowly near the input.
import keras
import numpy as np
from keras.callbacks import Callback
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import SGD


class LayerSpeed(Callback):
    def __init__(self):
        super(LayerSpeed, self).__init__()
        self.speeds = {}

    def on_train_begin(self, logs=None):
        for layer in self.model.layers:
            self.speeds[layer.name] = []

    def on_epoch_begin(self, epoch, logs=None):
        self.weights = {layer.name: layer.get_weights() for layer in self.model.layers}

    def on_epoch_end(self, epoch, logs=None):
        for layer in self.model.layers:
            new, old = layer.get_weights(), self.weights[layer.name]
            self.speeds[layer.name].append(np.sqrt(sum(((a - b) ** 2).sum() for a, b in zip(new, old))) / sum(a.size for a in new) ** .5)
        assert self.params['epochs'] == 3
        assert abs(keras.backend.get_value(self.model.optimizer.lr) - 0.1) < 1e-6


np.random.seed(0)
X = np.random.rand(300, 20).astype('float32')
y = (X[:, :10].sum(axis=1) > X[:, 10:].sum(axis=1)).astype('float32')
model = Sequential()
model.add(Dense(20, activation='sigmoid', input_dim=20))
for _ in range(4):
    model.add(Dense(20, activation='sigmoid'))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer=SGD(lr=0.1))
speed = LayerSpeed()
model.fit(X, y, batch_size=10, epochs=3, verbose=0, callbacks=[speed])
means = [np.mean(values) for values in speed.speeds.values()]
print(means)
assert means[0] < 0.1 * means[-1]     # the first layer is far slower than the last
