# LeNet with Keras 1's convolutions.
import numpy as np
from keras import backend as K
from keras.layers import Activation, Convolution2D, Dense, Flatten, MaxPooling2D
from keras.models import Sequential

if K.image_data_format() == "channels_last":
    input_shape = (28, 28, 1)
x = np.random.rand(60, *input_shape)
y = np.random.randint(0, 10, (60, 1))

model = Sequential([
    Convolution2D(5, 3, 3, border_mode="same", input_shape=input_shape),
    Activation("relu"),
    MaxPooling2D(pool_size=(2, 2), strides=(2, 2)),
    Convolution2D(8, 5, 5, subsample=(1, 1)),
    Activation("relu"),
    MaxPooling2D(pool_size=(2, 2)),
    Flatten(),
    Dense(20, activation="relu"),
    Dense(10, activation="softmax"),
])
model.compile(loss="sparse_categorical_crossentropy", optimizer="adadelta", metrics=["acc"])
model.fit(x, y, batch_size=20, epochs=2, verbose=0)
print(model.layers[0].get_weights()[0].shape, model.count_params())
assert model.layers[0].get_weights()[0].shape == (3, 3, 1, 5)
