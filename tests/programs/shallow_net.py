#!/usr/bin/env python
# coding: utf-8

# # Shallow Neural Network in Keras

# Build a shallow neural network to classify handwritten digits: sigmoid hidden layer, mean squared error, plain SGD.

import keras
from keras.datasets import mnist
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import SGD
from matplotlib import pyplot as plt

(X_train, y_train), (X_valid, y_valid) = mnist.load_data()
X_train, y_train, X_valid, y_valid = X_train[:6000], y_train[:6000], X_valid[:1000], y_valid[:1000]
plt.figure(figsize=(5, 5))
for k in range(12):
    plt.subplot(3, 4, k + 1)
    plt.imshow(X_train[k], cmap='Greys')
    plt.axis('off')
plt.tight_layout()
plt.show()

X_train = X_train.reshape(6000, 784).astype('float32')
X_valid = X_valid.reshape(1000, 784).astype('float32')
X_train /= 255
X_valid /= 255
n_classes = 10
y_train = keras.utils.to_categorical(y_train, n_classes)
y_valid = keras.utils.to_categorical(y_valid, n_classes)

model = Sequential()
model.add(Dense(64, activation='sigmoid', input_shape=(784,)))
model.add(Dense(10, activation='softmax'))
model.summary()
assert model.count_params() == 64 * 784 + 64 + 650
model.compile(loss='mean_squared_error', optimizer=SGD(lr=0.5), metrics=['accuracy'])
history = model.fit(X_train, y_train, batch_size=64, epochs=6, verbose=1, validation_data=(X_valid, y_valid))
loss, accuracy = model.evaluate(X_valid, y_valid)
valid_0 = X_valid[0].reshape(1, 784)
print(model.predict(valid_0), model.predict_classes(valid_0))
assert loss < 0.09 and accuracy > 0.3
assert history.history['val_loss'][-1] < history.history['val_loss'][0]
