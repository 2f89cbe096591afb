# Short films: TimeDistributed convolutions under an LSTM, ConvLSTM2D, a 3-D convolution (Keras 2.x).
import numpy as np
from keras.models import Sequential
from keras.layers import LSTM, Activation, BatchNormalization, Conv2D, Conv3D, ConvLSTM2D, Dense, Dropout, Flatten
from keras.layers import GlobalAveragePooling2D, MaxPooling2D, MaxPooling3D
from keras.layers.wrappers import TimeDistributed

np.random.seed(0)
frames, size = 5, 8
films = np.random.rand(40, frames, size, size, 1) * .3
labels = np.arange(40) % 2
for film, label in zip(films, labels):
    for t in range(frames):
        film[t, :, t if label else size - 1 - t] += .7

model = Sequential()
model.add(TimeDistributed(Conv2D(4, (3, 3), padding='same', activation='relu'), input_shape=(frames, size, size, 1)))
model.add(TimeDistributed(MaxPooling2D(pool_size=(2, 2))))
model.add(TimeDistributed(Flatten()))
model.add(LSTM(12, return_sequences=False, dropout=0.1))
model.add(Dense(2, activation='softmax'))
assert model.layers[2].output_shape == (None, frames, 64)

conv_lstm = Sequential()
conv_lstm.add(ConvLSTM2D(filters=4, kernel_size=(3, 3), input_shape=(frames, size, size, 1), padding='same', return_sequences=True))
conv_lstm.add(BatchNormalization())
conv_lstm.add(ConvLSTM2D(filters=3, kernel_size=(3, 3), padding='same'))
conv_lstm.add(GlobalAveragePooling2D())
conv_lstm.add(Dense(2, activation='softmax'))

volume = Sequential()
volume.add(Conv3D(4, kernel_size=(3, 3, 3), activation='relu', padding='same', input_shape=(frames, size, size, 1)))
volume.add(MaxPooling3D(pool_size=(2, 2, 2)))
volume.add(Flatten())
volume.add(Dropout(0.1))
volume.add(Dense(2, activation='softmax'))

for net, epochs, rate in ((model, 12, 'adam'), (conv_lstm, 2, 'rmsprop'), (volume, 6, 'adam')):
    net.compile(loss='categorical_crossentropy', optimizer=rate, metrics=['accuracy'])
    history = net.fit(films, np.eye(2)[labels], batch_size=8, epochs=epochs, verbose=0)
    assert history.history['loss'][-1] < history.history['loss'][0]
assert history.history['acc'][-1] > 0.7
