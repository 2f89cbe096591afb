# Keras 3: keras.ops in a layer and a loss, keras.random, a .keras file, dtype and summary.
import os
import tempfile
os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
import numpy as np
from keras import layers, ops

keras.utils.set_random_seed(812)


@keras.saving.register_keras_serializable(package="Course")
class Antirectifier(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        output_dim = input_shape[-1]
        self.kernel = self.add_weight(shape=(output_dim * 2, output_dim), initializer="he_normal", name="kernel", trainable=True)

    def call(self, inputs):
        inputs = inputs - ops.mean(inputs, axis=-1, keepdims=True)
        pos = ops.relu(inputs)
        neg = ops.relu(-inputs)
        concatenated = ops.concatenate([pos, neg], axis=-1)
        mixed = ops.matmul(concatenated, self.kernel)
        return mixed


@keras.saving.register_keras_serializable(package="Course")
def smooth_absolute(y_true, y_pred):
    return ops.mean(ops.log(ops.cosh(y_pred - y_true)), axis=-1)


x = np.random.rand(120, 10).astype("float32")
y = ops.convert_to_numpy(ops.sum(ops.square(x), axis=1, keepdims=True))
model = keras.Sequential([keras.Input(shape=(10,)), layers.Dense(16), Antirectifier(), layers.Dense(1)])
model.compile(loss=smooth_absolute, optimizer=keras.optimizers.Adam(learning_rate=0.01),
              metrics=[keras.metrics.MeanAbsoluteError(name="mae"), keras.metrics.R2Score()])
history = model.fit(x, y, batch_size=24, epochs=10, validation_split=0.15, verbose=0)
assert history.history["loss"][-1] < 0.5 * history.history["loss"][0]
model.summary()
path = os.path.join(tempfile.mkdtemp(), "model.keras")
model.save(path)
again = keras.saving.load_model(path)
np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5)
noise = keras.random.normal((3, 4), seed=keras.random.SeedGenerator(1))
assert tuple(noise.shape) == (3, 4)
assert ops.shape(ops.expand_dims(ops.ones((2, 3)), 0)) == (1, 2, 3)
