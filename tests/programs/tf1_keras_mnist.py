# tf.keras in TensorFlow 1.x: tf.keras.models, tf.set_random_seed, ConfigProto and a session that nobody needs.
from __future__ import absolute_import, division, print_function
import tensorflow as tf
import numpy as np

print(tf.__version__)
config = tf.ConfigProto()
config.gpu_options.allow_growth = True
sess = tf.Session(config=config)
tf.keras.backend.set_session(sess)
tf.logging.set_verbosity(tf.logging.ERROR)
tf.set_random_seed(1)
np.random.seed(1)

layers = tf.keras.layers
x_train = np.random.rand(200, 8, 8) * 64
y_train = (x_train[:, :4].mean(axis=(1, 2)) > x_train[:, 4:].mean(axis=(1, 2))).astype(int)
x_train = x_train / 64.0

model = tf.keras.models.Sequential([
    layers.Flatten(input_shape=(8, 8)),
    layers.Dense(32, activation=tf.nn.relu),
    layers.Dropout(0.1),
    layers.Dense(2, activation=tf.nn.softmax)
])
model.compile(optimizer=tf.train.AdamOptimizer(0.001), loss='sparse_categorical_crossentropy', metrics=['accuracy'])
history = model.fit(x_train, y_train, epochs=20, verbose=0)
loss, acc = model.evaluate(x_train, y_train, verbose=0)
print('accuracy', acc)
assert acc > 0.8
assert 'acc' in history.history

gru = tf.keras.Sequential()
gru.add(layers.GRU(5, input_shape=(4, 3)))
gru.add(layers.Dense(1, kernel_regularizer=tf.keras.regularizers.l2(l=0.001)))
gru.compile(optimizer=tf.keras.optimizers.RMSprop(lr=0.001), loss='mse', metrics=['mae', 'mse'])
gru.fit(np.random.rand(20, 4, 3), np.random.rand(20), epochs=1, verbose=0)
assert [w.shape for w in gru.get_weights()][:3] == [(3, 15), (5, 15), (15,)]     # one bias: before reset_after
assert gru.metrics_names[0] == 'loss' and len(gru.metrics_names) == 3
tf.keras.backend.clear_session()
