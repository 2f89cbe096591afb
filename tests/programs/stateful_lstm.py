# A stateful LSTM that follows a slow wave, batch after batch; reset_states between epochs (Keras 1.2).
from __future__ import print_function
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, LSTM

np.random.seed(1)
tsteps = 1
batch_size = 25
epochs = 6
lahead = 1


def gen_cosine_amp(amp=1., period=50, x0=0, xn=500, step=1, k=0.001):
    cos = np.zeros(((xn - x0) * step, 1, 1))
    for i in range(len(cos)):
        idx = x0 + i * step
        cos[i, 0, 0] = amp * np.cos(2 * np.pi * idx / period)
        cos[i, 0, 0] = cos[i, 0, 0] * np.exp(-k * idx)
    return cos


cos = gen_cosine_amp()
expected_output = np.zeros((len(cos), 1))
for i in range(len(cos) - lahead):
    expected_output[i, 0] = np.mean(cos[i + 1:i + lahead + 1])

model = Sequential()
model.add(LSTM(12, batch_input_shape=(batch_size, tsteps, 1), return_sequences=True, stateful=True))
model.add(LSTM(12, batch_input_shape=(batch_size, tsteps, 1), return_sequences=False, stateful=True))
model.add(Dense(1))
model.compile(loss='mse', optimizer='rmsprop')

losses = []
for i in range(epochs):
    history = model.fit(cos, expected_output, batch_size=batch_size, verbose=0, nb_epoch=1, shuffle=False)
    losses.append(history.history['loss'][0])
    model.reset_states()
predicted_output = model.predict(cos, batch_size=batch_size)
assert predicted_output.shape == (500, 1)
assert losses[-1] < losses[0]
# the state is carried on: the same batch says something else the second time, and the same after a reset
model.reset_states()
one = model.predict_on_batch(cos[:batch_size])
two = model.predict_on_batch(cos[:batch_size])
model.reset_states()
three = model.predict_on_batch(cos[:batch_size])
assert abs(one - two).max() > 1e-6 and (one == three).all()
