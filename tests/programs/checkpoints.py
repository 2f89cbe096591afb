# The best weights in a .hdf5 file named after the epoch, and back again.
import glob
import os
import tempfile

import numpy as np
from keras.callbacks import CSVLogger, ModelCheckpoint, TensorBoard
from keras.layers import Dense
from keras.models import Sequential, load_model

folder = tempfile.mkdtemp()
x, y = np.random.rand(50, 4), np.random.randint(0, 2, (50, 1))
model = Sequential()
model.add(Dense(8, input_dim=4, kernel_initializer="uniform", activation="relu"))
model.add(Dense(1, kernel_initializer="uniform", activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
path = os.path.join(folder, "weights-{epoch:02d}-{val_acc:.2f}.hdf5")
checkpoint = ModelCheckpoint(path, monitor="val_acc", verbose=1, save_best_only=True, save_weights_only=True, mode="max")
model.fit(x, y, validation_split=0.33, epochs=3, batch_size=10, verbose=0,
          callbacks=[checkpoint, CSVLogger(os.path.join(folder, "log.csv")), TensorBoard(log_dir=folder)])
saved = sorted(glob.glob(os.path.join(folder, "weights-*.hdf5")))
print("saved:", [os.path.basename(name) for name in saved])
model.load_weights(saved[-1])
model.save(os.path.join(folder, "model.h5"))
again = load_model(os.path.join(folder, "model.h5"))
np.testing.assert_allclose(again.predict(x), model.predict(x), rtol=1e-6)
open(os.path.join(folder, "model.json"), "w").write(model.to_json())
