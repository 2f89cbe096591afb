# House prices, in the spelling of 2017: normalization in its own module, a callback, K in the loss.
import keras
import keras.backend as K
import numpy as np
from keras.callbacks import EarlyStopping, ReduceLROnPlateau
from keras.layers import Dense
from keras.layers.normalization import BatchNormalization
from keras.models import Sequential
from keras.regularizers import l2

x = np.random.RandomState(0).rand(80, 6)
y = x @ np.arange(6.0) + 3


def r_squared(y_true, y_pred):
    return 1 - K.sum(K.square(y_true - y_pred)) / (K.sum(K.square(y_true - K.mean(y_true))) + K.epsilon())


def root_mean_squared_error(y_true, y_pred):
    return K.sqrt(K.mean(K.square(y_pred - y_true), axis=-1) + K.epsilon())


model = Sequential()
model.add(Dense(16, input_shape=(6,), kernel_regularizer=l2(1e-4)))
model.add(BatchNormalization())
model.add(keras.layers.LeakyReLU(alpha=0.1))
model.add(Dense(1))
optimizer = keras.optimizers.Adam(lr=0.01)
try:
    import jax  # noqa: F401
    loss = root_mean_squared_error
except ImportError:
    loss = "mse"
model.compile(loss=loss, optimizer=optimizer, metrics=[r_squared, "mae"])
model.fit(x, y, epochs=4, batch_size=16, verbose=0, validation_split=0.2,
          callbacks=[EarlyStopping(monitor="val_loss", patience=10), ReduceLROnPlateau(factor=0.5, patience=1)])
K.set_value(model.optimizer.lr, 0.001)
print("rate", K.get_value(model.optimizer.lr), model.evaluate(x, y, verbose=0))
assert abs(K.get_value(model.optimizer.lr) - 0.001) < 1e-9
