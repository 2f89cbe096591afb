# Characters one after another: an LSTM of Keras 1 that is asked to go on with a text.
from __future__ import print_function
from keras.models import Sequential
from keras.layers import Dense, Activation, Dropout
from keras.layers import LSTM
from keras.optimizers import RMSprop
import numpy as np
import random
import sys

np.random.seed(0); random.seed(0)
text = ("she sells sea shells by the sea shore. " * 30).lower()
chars = sorted(list(set(text)))
char_indices = dict((c, i) for i, c in enumerate(chars))
indices_char = dict((i, c) for i, c in enumerate(chars))

maxlen = 10
step = 3
sentences = []
next_chars = []
for i in range(0, len(text) - maxlen, step):
    sentences.append(text[i: i + maxlen])
    next_chars.append(text[i + maxlen])
print('nb sequences:', len(sentences))

X = np.zeros((len(sentences), maxlen, len(chars)), dtype=bool)
y = np.zeros((len(sentences), len(chars)), dtype=bool)
for i, sentence in enumerate(sentences):
    for t, char in enumerate(sentence):
        X[i, t, char_indices[char]] = 1
    y[i, char_indices[next_chars[i]]] = 1

model = Sequential()
model.add(LSTM(32, input_shape=(maxlen, len(chars)), inner_activation='hard_sigmoid', forget_bias_init='one'))
model.add(Dropout(0.05))
model.add(Dense(len(chars)))
model.add(Activation('softmax'))
optimizer = RMSprop(lr=0.02)
model.compile(loss='categorical_crossentropy', optimizer=optimizer)


def sample(preds, temperature=1.0):
    preds = np.asarray(preds).astype('float64')
    preds = np.log(preds) / temperature
    exp_preds = np.exp(preds)
    preds = exp_preds / np.sum(exp_preds)
    probas = np.random.multinomial(1, preds, 1)
    return np.argmax(probas)


losses = []
for iteration in range(1, 7):
    hist = model.fit(X, y, batch_size=64, nb_epoch=1, verbose=0)
    losses.append(hist.history['loss'][0])
print(losses)
generated = sentence = text[:maxlen]
for i in range(20):
    x = np.zeros((1, maxlen, len(chars)))
    for t, char in enumerate(sentence):
        x[0, t, char_indices[char]] = 1.
    preds = model.predict(x, verbose=0)[0]
    next_char = indices_char[sample(preds, 0.5)]
    generated += next_char
    sentence = sentence[1:] + next_char
    sys.stdout.write(next_char)
print()
assert losses[-1] < 0.7 * losses[0]
assert len(generated) == 30 and set(generated) <= set(chars)
