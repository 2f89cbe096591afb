# Every callback of the course in one fit (Keras 2.0-2.3), and one of one's own.
import csv
import glob
import os
import tempfile
import keras
import numpy as np
from keras.callbacks import (CSVLogger, EarlyStopping, History, LambdaCallback, LearningRateScheduler, ModelCheckpoint,
                             ReduceLROnPlateau, TensorBoard, TerminateOnNaN)
from keras.layers import Dense
from keras.models import Sequential

np.random.seed(0)
folder = tempfile.mkdtemp()
x = np.random.rand(120, 5)
y = (x.sum(axis=1) > 2.5).astype(int)


class LossHistory(keras.callbacks.Callback):
    def on_train_begin(self, logs={}):
        self.losses = []
        self.seen = [self.params['epochs'], self.params.get('verbose')]

    def on_batch_end(self, batch, logs={}):
        self.losses.append(logs.get('loss'))

    def on_epoch_end(self, epoch, logs=None):
        self.validation = sorted(k for k in logs if k.startswith('val_'))
        if logs.get('acc') is not None and logs.get('acc') > 0.999:
            self.model.stop_training = True


model = Sequential()
model.add(Dense(12, input_dim=5, kernel_initializer='uniform', activation='relu'))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer=keras.optimizers.SGD(lr=0.1), metrics=['accuracy'])
history, epochs_seen = LossHistory(), []
hist = model.fit(
    x, y, epochs=5, batch_size=20, verbose=0, validation_split=0.25,
    callbacks=[
        history,
        TerminateOnNaN(),
        CSVLogger(os.path.join(folder, 'training.log'), separator=';', append=False),
        EarlyStopping(monitor='val_loss', min_delta=0, patience=50, verbose=0, mode='auto'),
        ReduceLROnPlateau(monitor='val_loss', factor=0.2, patience=50, min_lr=0.001),
        LearningRateScheduler(lambda epoch: 0.1 * 0.9 ** epoch, verbose=0),
        LambdaCallback(on_epoch_end=lambda epoch, logs: epochs_seen.append((epoch, logs['loss']))),
        ModelCheckpoint(os.path.join(folder, 'w.{epoch:02d}-{val_loss:.2f}.hdf5'), verbose=0, period=1),
        ModelCheckpoint(os.path.join(folder, 'best.h5'), monitor='val_acc', save_best_only=True),
        TensorBoard(log_dir=os.path.join(folder, 'logs'), histogram_freq=1, write_graph=True, write_images=True),
    ])
assert len(history.losses) == 5 * 5 and history.validation in (['val_acc', 'val_loss'], ['val_accuracy', 'val_loss'])
assert [epoch for epoch, _ in epochs_seen] == list(range(5))
np.testing.assert_allclose([loss for _, loss in epochs_seen], hist.history['loss'])
rows = list(csv.DictReader(open(os.path.join(folder, 'training.log')), delimiter=';'))
assert len(rows) == 5 and abs(float(rows[-1]['val_loss']) - hist.history['val_loss'][-1]) < 1e-6
assert len(glob.glob(os.path.join(folder, 'w.*.hdf5'))) == 5
assert glob.glob(os.path.join(folder, 'logs', '**', '*tfevents*'), recursive=True)
np.testing.assert_allclose(hist.history['lr'], 0.1 * 0.9 ** np.arange(5), rtol=1e-6)
last = keras.models.load_model(sorted(glob.glob(os.path.join(folder, 'w.05*.hdf5')))[0])
np.testing.assert_allclose(last.predict(x), model.predict(x), rtol=1e-6)
best = keras.models.load_model(os.path.join(folder, 'best.h5'))
# the mean loss of an epoch's batches is the loss that fit notes
np.testing.assert_allclose(np.mean(np.reshape(history.losses, (5, 5))[:, -1:], axis=1).shape, (5,))
patient = EarlyStopping(monitor='loss', patience=0, mode='max')       # nothing gets larger: it stops at once
short = model.fit(x, y, epochs=20, verbose=0, callbacks=[patient])
assert len(short.history['loss']) < 20 and isinstance(short, History)
