# A VGG-like net of 2016: blocks of Convolution2D with ZeroPadding2D, SGD with decay and momentum, weights saved as .h5.
import os
import tempfile
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout, Flatten, Activation
from keras.layers import Convolution2D, MaxPooling2D, ZeroPadding2D
from keras.optimizers import SGD

np.random.seed(11)
X_train = np.random.random((60, 16, 16, 3))
Y_train = np.eye(5)[np.random.randint(5, size=60)]


def VGG(weights_path=None):
    model = Sequential()
    model.add(ZeroPadding2D((1, 1), input_shape=(16, 16, 3)))
    model.add(Convolution2D(4, 3, 3, activation='relu', name='conv1_1'))
    model.add(ZeroPadding2D((1, 1)))
    model.add(Convolution2D(4, 3, 3, activation='relu', name='conv1_2'))
    model.add(MaxPooling2D((2, 2), strides=(2, 2)))
    model.add(ZeroPadding2D((1, 1)))
    model.add(Convolution2D(8, 3, 3, activation='relu', name='conv2_1'))
    model.add(ZeroPadding2D((1, 1)))
    model.add(Convolution2D(8, 3, 3, activation='relu', name='conv2_2'))
    model.add(MaxPooling2D((2, 2), strides=(2, 2)))
    model.add(Flatten())
    model.add(Dense(16, activation='relu'))
    model.add(Dropout(0.5))
    model.add(Dense(5, activation='softmax'))
    if weights_path:
        model.load_weights(weights_path)
    return model


model = VGG()
sgd = SGD(lr=0.01, decay=1e-6, momentum=0.9, nesterov=True)
model.compile(loss='categorical_crossentropy', optimizer=sgd)
model.fit(X_train, Y_train, batch_size=20, nb_epoch=1)
path = os.path.join(tempfile.mkdtemp(), 'vgg_weights.h5')
model.save_weights(path, overwrite=True)
again = VGG(path)
again.compile(optimizer=sgd, loss='categorical_crossentropy')
np.testing.assert_allclose(again.predict(X_train[:8]), model.predict(X_train[:8]), rtol=1e-6)
out = np.argmax(again.predict(X_train[:1]))
print(out)

# another top on the frozen blocks
for layer in again.layers[:11]:
    layer.trainable = False
before = again.get_layer('conv2_2').get_weights()
again.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
again.fit(X_train, Y_train, nb_epoch=1, verbose=0)
assert all((a == b).all() for a, b in zip(before, again.get_layer('conv2_2').get_weights()))
again.pop(); again.pop()
assert again.layers[-1].output_shape == (None, 16)
