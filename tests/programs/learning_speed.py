# A callback that measures how fast each layer learns.
import numpy as np
import tensorflow as tf
from tensorflow import keras

tf.random.set_seed(3)


class LearningSpeed(keras.callbacks.Callback):
    def on_train_begin(self, logs={}):
        self.speeds = []

    def on_batch_begin(self, batch, logs={}):
        self.before = [layer.get_weights() for layer in self.model.layers if layer.get_weights()]

    def on_batch_end(self, batch, logs={}):
        after = [layer.get_weights() for layer in self.model.layers if layer.get_weights()]
        self.speeds.append([np.linalg.norm(a[0] - b[0]) for a, b in zip(after, self.before)])
        self.loss = logs.get("loss")


model = keras.Sequential([keras.layers.Input(shape=(12,))])
for units in (16, 16, 16):
    model.add(keras.layers.Dense(units, activation="sigmoid", kernel_initializer=keras.initializers.RandomNormal(stddev=1.)))
model.add(keras.layers.Dense(3, activation="softmax"))
model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.5), loss=keras.losses.CategoricalCrossentropy(),
              metrics=[keras.metrics.CategoricalAccuracy(name="acc")])
speed = LearningSpeed()
x = np.random.rand(64, 12)
y = keras.utils.to_categorical(np.random.randint(3, size=64), num_classes=3)
model.fit(x, y, epochs=2, batch_size=16, callbacks=[speed], verbose=0)
assert np.shape(speed.speeds) == (8, 4)
print("mean speed by layer:", np.mean(speed.speeds, axis=0), "loss", speed.loss)
