# Image classification with data augmentation and transfer learning, as in tutorials for TensorFlow 2.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.layers.experimental import preprocessing

tf.random.set_seed(1)
rng = np.random.default_rng(1)
images = rng.integers(0, 60, size=(64, 36, 36, 3)).astype("uint8")
labels = np.arange(64) % 2
images[labels == 1, 8:28, 8:28] += 150

resize_and_rescale = keras.Sequential([layers.Resizing(32, 32), layers.Rescaling(1.0 / 255)])
augment = keras.Sequential(
    [
        preprocessing.RandomFlip("horizontal", input_shape=(32, 32, 3)),
        preprocessing.RandomRotation(0.1),
        preprocessing.RandomZoom(0.1),
        layers.RandomTranslation(0.05, 0.05),
        layers.RandomContrast(0.1, value_range=(0, 1)),
    ]
)
small = resize_and_rescale(images[:4])
assert small.shape == (4, 32, 32, 3) and small.numpy().max() <= 1
variants = [augment(small).numpy() for _ in range(3)]
assert not np.allclose(variants[0], variants[1])  # called by itself, it draws
assert np.allclose(augment(small, training=False), small)

dataset = tf.data.Dataset.from_tensor_slices((images, labels)).batch(16)
dataset = dataset.map(lambda x, y: (resize_and_rescale(x), y))
model = keras.Sequential(
    [
        augment,
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(4),
        layers.GroupNormalization(4),
        layers.Flatten(),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
history = model.fit(dataset, epochs=6, verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0]
x = resize_and_rescale(images)
assert np.array_equal(model.predict(x, verbose=0), model.predict(x, verbose=0))

base = tf.keras.applications.MobileNetV2(input_shape=(32, 32, 3), include_top=False, weights=None, alpha=0.35)
base.trainable = False
inputs = keras.Input((32, 32, 3))
x = tf.keras.applications.mobilenet_v2.preprocess_input(inputs * 255)
outputs = layers.Dense(1)(layers.GlobalAveragePooling2D()(base(x, training=False)))
transfer = keras.Model(inputs, outputs)
assert len(transfer.trainable_variables) == 2
transfer.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
transfer.fit(dataset, epochs=1, verbose=0)
