# A convolution over word vectors, Keras 1.x: Convolution1D(nb_filter, filter_length, border_mode, subsample_length).
from __future__ import print_function
import numpy as np
np.random.seed(1337)
from keras.preprocessing import sequence
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation
from keras.layers import Embedding
from keras.layers import Convolution1D, GlobalMaxPooling1D, MaxPooling1D

max_features = 200
maxlen = 30
embedding_dims = 16
nb_filter = 24
filter_length = 3
hidden_dims = 20
nb_epoch = 6

# reviews: good ones hold words below 40 more often
labels = np.random.randint(0, 2, 240)
reviews = [[int(w) for w in np.where(np.random.rand(n) < .5, np.random.randint(4, 40, n) + 40 * (1 - label),
                                     np.random.randint(80, max_features, n))]
           for label, n in zip(labels, np.random.randint(8, 60, 240))]
X_train, X_test = reviews[:200], reviews[200:]
y_train, y_test = labels[:200], labels[200:]
X_train = sequence.pad_sequences(X_train, maxlen=maxlen)
X_test = sequence.pad_sequences(X_test, maxlen=maxlen)
print('X_train shape:', X_train.shape)

model = Sequential()
model.add(Embedding(max_features, embedding_dims, input_length=maxlen, dropout=0.2))
model.add(Convolution1D(nb_filter=nb_filter, filter_length=filter_length, border_mode='valid',
                        activation='relu', subsample_length=1))
model.add(GlobalMaxPooling1D())
model.add(Dense(hidden_dims))
model.add(Dropout(0.2))
model.add(Activation('relu'))
model.add(Dense(1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X_train, y_train, batch_size=16, nb_epoch=nb_epoch, validation_data=(X_test, y_test), verbose=2)
loss, acc = model.evaluate(X_test, y_test, verbose=0)
print(loss, acc)
assert acc > 0.7
assert model.layers[1].get_weights()[0].shape in ((3, 16, 24), (3, 1, 16, 24))
