# The next frame of a film, by ConvLSTM2D, as in Keras's examples since 2017.
import numpy as np
from keras.layers import BatchNormalization, Conv3D, ConvLSTM2D
from keras.models import Sequential

np.random.seed(0)
movies = np.zeros((12, 6, 10, 10, 1))
for i in range(12):
    row, column = np.random.randint(0, 8, 2)
    for t in range(6):
        movies[i, t, row : row + 2, (column + t) % 8 : (column + t) % 8 + 2] = 1

seq = Sequential()
seq.add(ConvLSTM2D(filters=4, kernel_size=(3, 3), input_shape=(None, 10, 10, 1), padding="same", return_sequences=True))
seq.add(BatchNormalization())
seq.add(ConvLSTM2D(filters=4, kernel_size=(3, 3), padding="same", return_sequences=True))
seq.add(BatchNormalization())
seq.add(Conv3D(filters=1, kernel_size=(3, 3, 3), activation="sigmoid", padding="same", data_format="channels_last"))
seq.compile(loss="binary_crossentropy", optimizer="adadelta")
history = seq.fit(movies[:, :-1], movies[:, 1:], batch_size=6, epochs=2, validation_split=0.05, verbose=0)
assert np.isfinite(history.history["val_loss"]).all()
track = movies[0, :3]
for _ in range(2):
    track = np.concatenate((track, seq.predict(track[np.newaxis])[0, -1:]), axis=0)
assert track.shape == (5, 10, 10, 1)
