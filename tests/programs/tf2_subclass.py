# A subclassed model, a layer of one's own and compile/fit (tf.keras 2.x, the "for experts" way without the tape).
import numpy as np
import tensorflow as tf
from tensorflow.keras import Model
from tensorflow.keras.layers import Dense, Dropout, Flatten, Conv2D, Layer

tf.random.set_seed(0)
np.random.seed(0)


class Linear(Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)

    def call(self, inputs):
        return tf.matmul(inputs, self.w) + self.b

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class MyModel(Model):
    def __init__(self):
        super(MyModel, self).__init__()
        self.conv1 = Conv2D(8, 3, activation='relu')
        self.flatten = Flatten()
        self.d1 = Dense(16, activation='relu')
        self.dropout = Dropout(0.2)
        self.d2 = Linear(2)

    def call(self, x, training=False):
        x = self.conv1(x)
        x = self.flatten(x)
        x = self.d1(x)
        x = self.dropout(x, training=training)
        return tf.nn.softmax(self.d2(x))


x = np.random.rand(100, 8, 8, 1).astype("float32")
y = (x[:, :4].mean(axis=(1, 2, 3)) > x[:, 4:].mean(axis=(1, 2, 3))).astype(int)
model = MyModel()
model.compile(optimizer='adam', loss=tf.keras.losses.SparseCategoricalCrossentropy(), metrics=['accuracy'])
history = model.fit(x, y, epochs=12, batch_size=20, verbose=0)
model.summary()
assert history.history['loss'][-1] < history.history['loss'][0]
same = model(x[:5]).numpy(), model.predict(x[:5], verbose=0)
np.testing.assert_allclose(*same, rtol=1e-5, atol=1e-6)
assert len(model.trainable_variables) == 6
linear = Linear(4)
assert linear(tf.ones((2, 2))).shape == (2, 4) and len(linear.weights) == 2
