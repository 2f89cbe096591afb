# A first network in the way of 2016: nb_epoch, show and tell, lr= and decay=.
import numpy as np
from keras.layers.core import Activation, Dense, Dropout
from keras.models import Sequential
from keras.optimizers import SGD
from keras.utils import np_utils

np.random.seed(1337)
X_train = np.random.rand(120, 784).astype("float32")
Y_train = np_utils.to_categorical(np.random.randint(0, 10, 120), 10)

model = Sequential()
model.add(Dense(output_dim=32, input_dim=784, init="glorot_uniform"))
model.add(Activation("sigmoid"))
model.add(Dropout(0.2))
model.add(Dense(10))
model.add(Activation("softmax"))
model.summary()
model.compile(loss="categorical_crossentropy", optimizer=SGD(lr=0.1, decay=1e-6, momentum=0.9, nesterov=True),
              metrics=["accuracy"])
history = model.fit(X_train, Y_train, batch_size=40, nb_epoch=3, verbose=2, validation_split=0.25)
score = model.evaluate(X_train, Y_train, verbose=0)
print("Test score:", score[0], "accuracy:", score[1])
assert len(history.history["acc"]) == len(history.history["val_acc"]) == 3
assert model.predict_classes(X_train, verbose=0).shape == (120,)
assert model.predict_proba(X_train).shape == (120, 10)
print("layer outputs:", [layer.output_shape for layer in model.layers])
