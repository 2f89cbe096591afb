# tf.data around a convolutional net; fit on batches, evaluate, a callback that stops at an accuracy.
import tensorflow as tf
import numpy as np

AUTOTUNE = tf.data.AUTOTUNE
tf.keras.utils.set_random_seed(7)
x = np.random.rand(180, 12, 12, 1).astype("float32") * .3
y = np.arange(180) % 3
for i in range(3):
    x[y == i, 4 * i:4 * i + 4] += .6
train = tf.data.Dataset.from_tensor_slices((x[:150], y[:150]))
test = tf.data.Dataset.from_tensor_slices((x[150:], y[150:]))


def normalize(image, label):
    return tf.cast(image, tf.float32) - 0.5, label


train = train.map(normalize, num_parallel_calls=AUTOTUNE).cache().shuffle(150).batch(25).prefetch(AUTOTUNE)
test = test.map(normalize).batch(15)
for image_batch, label_batch in train.take(1):
    print(image_batch.shape, label_batch.shape)
    assert tuple(image_batch.shape) == (25, 12, 12, 1)

model = tf.keras.models.Sequential([
    tf.keras.Input(shape=(12, 12, 1)),
    tf.keras.layers.Conv2D(8, 3, activation='relu'),
    tf.keras.layers.MaxPooling2D(),
    tf.keras.layers.Flatten(),
    tf.keras.layers.Dense(3, activation='softmax'),
])


class myCallback(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs={}):
        if logs.get('accuracy') > 0.97:
            print("\nReached 97% accuracy so cancelling training!")
            self.model.stop_training = True


model.compile(optimizer=tf.keras.optimizers.Adam(learning_rate=0.01), loss='sparse_categorical_crossentropy', metrics=['accuracy'])
history = model.fit(train, validation_data=test, epochs=12, callbacks=[myCallback()], verbose=2)
assert len(history.history['loss']) < 12 and history.history['accuracy'][-1] > 0.97
loss, acc = model.evaluate(test, verbose=0)
assert acc > 0.9
predicted = np.concatenate([model.predict(xb, verbose=0) for xb, _ in test])
np.testing.assert_allclose(predicted, model.predict(test, verbose=0), rtol=1e-4, atol=1e-6)
