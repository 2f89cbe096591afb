# LeNet in Keras, as a course has it; then AlexNet and VGGNet made smaller.
import keras
from keras.models import Sequential
from keras.layers import Dense, Dropout, Flatten, Conv2D, MaxPooling2D
from keras.layers.normalization import BatchNormalization
import numpy as np

np.random.seed(42)
labels = np.arange(200) % 4
X = np.random.rand(200, 28, 28, 1).astype('float32') * .4
for k, (a, b) in enumerate(((4, 4), (4, 16), (16, 4), (16, 16))):
    X[labels == k, a:a + 8, b:b + 8] += .6
Y = keras.utils.to_categorical(labels, 4)
X_train, X_valid, y_train, y_valid = X[:160], X[160:], Y[:160], Y[160:]


def lenet():
    model = Sequential()
    model.add(Conv2D(8, kernel_size=(3, 3), activation='relu', input_shape=(28, 28, 1)))
    model.add(Conv2D(16, kernel_size=(3, 3), activation='relu'))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dropout(0.25))
    model.add(Flatten())
    model.add(Dense(32, activation='relu'))
    model.add(Dropout(0.5))
    model.add(Dense(4, activation='softmax'))
    return model


def alexnet():
    model = Sequential()
    model.add(Conv2D(12, kernel_size=(5, 5), strides=(2, 2), activation='relu', input_shape=(28, 28, 1)))
    model.add(MaxPooling2D(pool_size=(3, 3), strides=(2, 2)))
    model.add(BatchNormalization())
    model.add(Conv2D(16, kernel_size=(3, 3), activation='relu', padding='same'))
    model.add(MaxPooling2D(pool_size=(3, 3), strides=(2, 2)))
    model.add(BatchNormalization())
    model.add(Flatten())
    model.add(Dense(24, activation='tanh'))
    model.add(Dropout(0.5))
    model.add(Dense(24, activation='tanh'))
    model.add(Dropout(0.5))
    model.add(Dense(4, activation='softmax'))
    return model


def vggnet():
    model = Sequential()
    model.add(Conv2D(6, 3, activation='relu', input_shape=(28, 28, 1)))
    model.add(Conv2D(6, 3, activation='relu'))
    model.add(MaxPooling2D(2, 2))
    model.add(BatchNormalization())
    model.add(Conv2D(12, 3, activation='relu'))
    model.add(Conv2D(12, 3, activation='relu'))
    model.add(MaxPooling2D(2, 2))
    model.add(BatchNormalization())
    model.add(Flatten())
    model.add(Dense(32, activation='relu'))
    model.add(Dropout(0.5))
    model.add(Dense(4, activation='softmax'))
    return model


for build, shapes in ((lenet, (None, 26, 26, 8)), (alexnet, (None, 12, 12, 12)), (vggnet, (None, 26, 26, 6))):
    model = build()
    model.summary()
    assert model.layers[0].output_shape == shapes
    model.compile(loss='categorical_crossentropy', optimizer='nadam' if build is lenet else 'adam', metrics=['accuracy'])
    history = model.fit(X_train, y_train, batch_size=20, epochs=4, verbose=1, validation_data=(X_valid, y_valid))
    print(build.__name__, history.history['val_acc'])
    assert history.history['loss'][-1] < history.history['loss'][0]
    assert build is not lenet or history.history['val_acc'][-1] > 0.8
