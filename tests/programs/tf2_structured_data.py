# Columns of a table: numbers normalized, numbers in bins, words and codes looked up; as in tutorials for TensorFlow 2.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

tf.random.set_seed(3)
rng = np.random.default_rng(3)
n = 200
table = {
    "age": rng.integers(18, 80, n).astype("float32"),
    "fee": rng.normal(100, 30, n).astype("float32"),
    "breed": rng.choice(["cat", "dog", "bird"], n),
    "code": rng.choice([7, 12, 99], n),
}
target = ((table["breed"] == "cat") | (table["age"] > 60)).astype("float32")

inputs, encoded = {}, []
fee = layers.Normalization(axis=None)
fee.adapt(table["fee"])
assert abs(fee.mean.numpy().item() - table["fee"].mean()) < 1e-3
age = layers.Discretization(num_bins=6, output_mode="one_hot")
age.adapt(table["age"])
breed = layers.StringLookup(output_mode="one_hot")
breed.adapt(table["breed"])
index = layers.IntegerLookup(max_tokens=5)
index.adapt(table["code"])
encode = layers.CategoryEncoding(num_tokens=index.vocabulary_size(), output_mode="one_hot")
for name, dtype, prepare in (
    ("fee", "float32", [fee]),
    ("age", "float32", [age]),
    ("breed", "string", [breed]),
    ("code", "int64", [index, encode]),
):
    x = inputs[name] = keras.Input(shape=(1,), name=name, dtype=dtype)
    for layer in prepare:
        x = layer(x)
    encoded.append(x)
x = layers.concatenate(encoded)
x = layers.Dense(16, activation="relu")(x)
model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(table, target, epochs=30, batch_size=20, verbose=0)
assert model.evaluate(table, target, verbose=0)[1] > 0.85
one = {name: column[:1] for name, column in table.items()}
assert model.predict(one, verbose=0).shape == (1, 1)

horsepower = np.linspace(50, 200, 60)
normalizer = layers.Normalization(input_shape=[1], axis=None)
normalizer.adapt(horsepower)
linear = keras.Sequential([normalizer, layers.Dense(1)])
linear.compile(optimizer=keras.optimizers.Adam(learning_rate=0.1), loss="mean_absolute_error")
history = linear.fit(horsepower, 40 - horsepower / 10, epochs=30, validation_split=0.2, verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0]
