# A windowed series with tf.data and a Lambda on both ends; Huber loss, a rate that rises to find a good one.
import tensorflow as tf
import numpy as np

tf.random.set_seed(51)
np.random.seed(51)
time = np.arange(240, dtype="float32")
series = 10 + 0.05 * time + 4 * np.sin(time * 2 * np.pi / 24) + np.random.randn(240) * .3
split_time = 200
x_train, x_valid = series[:split_time], series[split_time:]
window_size, batch_size, shuffle_buffer_size = 12, 16, 100


def windowed_dataset(series, window_size, batch_size, shuffle_buffer):
    dataset = tf.data.Dataset.from_tensor_slices(series)
    dataset = dataset.window(window_size + 1, shift=1, drop_remainder=True)
    dataset = dataset.flat_map(lambda window: window.batch(window_size + 1))
    dataset = dataset.shuffle(shuffle_buffer).map(lambda window: (window[:-1], window[-1]))
    return dataset.batch(batch_size).prefetch(1)


train_set = windowed_dataset(x_train, window_size, batch_size, shuffle_buffer_size)
for x, y in train_set.take(1):
    assert x.shape == (16, 12) and y.shape == (16,)
model = tf.keras.models.Sequential([
    tf.keras.layers.Lambda(lambda x: tf.expand_dims(x, axis=-1), input_shape=[None]),
    tf.keras.layers.SimpleRNN(8, return_sequences=True),
    tf.keras.layers.SimpleRNN(8),
    tf.keras.layers.Dense(1),
    tf.keras.layers.Lambda(lambda x: x * 100.0)
])
lr_schedule = tf.keras.callbacks.LearningRateScheduler(lambda epoch: 1e-5 * 10 ** (epoch / 2))
optimizer = tf.keras.optimizers.SGD(learning_rate=1e-5, momentum=0.9)
model.compile(loss=tf.keras.losses.Huber(), optimizer=optimizer, metrics=["mae"])
history = model.fit(train_set, epochs=4, callbacks=[lr_schedule], verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0]
assert len(history.history["lr"]) == 4 and history.history["lr"][2] > 9e-5
forecast = []
for start in range(len(series) - window_size):
    if start % 20 == 0:
        forecast.append(model.predict(series[start:start + window_size][np.newaxis], verbose=0))
results = np.array(forecast)[:, 0, 0]
print(tf.keras.metrics.mean_absolute_error(series[window_size::20][:len(results)], results).numpy())
