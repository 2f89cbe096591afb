# Keras 0.3: an MLP with show_accuracy, class_mode and a theano-style optimizer, early 2016.
from __future__ import absolute_import, print_function

import numpy as np
np.random.seed(1337)  # for reproducibility

from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation, Flatten, Reshape, MaxoutDense, ActivityRegularization
from keras.optimizers import SGD, Adam, RMSprop
from keras.utils import np_utils, generic_utils
from keras.regularizers import l2, activity_l1

batch_size, nb_classes, nb_epoch = 32, 4, 8

centres = np.random.randn(nb_classes, 12) * 2
labels = np.random.randint(0, nb_classes, 320)
X = (centres[labels] + np.random.randn(320, 12) * .4).astype("float32")
(X_train, y_train), (X_test, y_test) = (X[:256], labels[:256]), (X[256:], labels[256:])
Y_train = np_utils.to_categorical(y_train, nb_classes)
Y_test = np_utils.to_categorical(y_test, nb_classes)

model = Sequential()
model.add(Dense(32, input_shape=(12,), W_regularizer=l2(1e-4)))
model.add(Activation('relu'))
model.add(MaxoutDense(16, nb_feature=3))
model.add(Dropout(0.1))
model.add(ActivityRegularization(l1=1e-5))
model.add(Dense(nb_classes))
model.add(Activation('softmax'))

rms = RMSprop(lr=0.005, rho=0.9, epsilon=1e-6)
model.compile(loss='categorical_crossentropy', optimizer=rms, class_mode='categorical')

hist = model.fit(X_train, Y_train, batch_size=batch_size, nb_epoch=nb_epoch,
                 show_accuracy=True, verbose=2, validation_data=(X_test, Y_test))
score = model.evaluate(X_test, Y_test, show_accuracy=True, verbose=0)
print('Test score:', score[0])
print('Test accuracy:', score[1])
assert score[1] > 0.8
assert hist.history['loss'][-1] < hist.history['loss'][0]
assert len(hist.history['val_acc']) == nb_epoch

# the same data, batch by batch
for e in range(2):
    progbar = generic_utils.Progbar(X_train.shape[0])
    for i in range(0, 256, 64):
        loss = model.train_on_batch(X_train[i:i + 64], Y_train[i:i + 64])
        progbar.add(64, values=[("train loss", loss if np.isscalar(loss) else loss[0])])
classes = model.predict_classes(X_test, batch_size=32, verbose=0)
assert (classes == y_test).mean() > 0.8
