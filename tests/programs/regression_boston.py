# House prices: scikit-learn's scaler, batch normalization, dropout, checkpoints by name, a prediction for one house.
import os
import tempfile
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout
from keras.layers.normalization import BatchNormalization
from keras.callbacks import ModelCheckpoint
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

np.random.seed(0)
X = np.random.randn(240, 13) * np.arange(1, 14) + 5
y = 22 + X[:, 0] - 0.3 * X[:, 5] + 0.1 * X[:, 12] + np.random.randn(240) * .5
X_train, X_valid, y_train, y_valid = train_test_split(X, y, test_size=0.2, random_state=1)
scaler = StandardScaler().fit(X_train)
X_train, X_valid = scaler.transform(X_train), scaler.transform(X_valid)
model = Sequential()
model.add(Dense(32, input_dim=13, activation='relu'))
model.add(BatchNormalization())
model.add(Dense(16, activation='relu'))
model.add(BatchNormalization())
model.add(Dropout(0.2))
model.add(Dense(1, activation='linear'))
model.compile(loss='mean_squared_error', optimizer='adam')
output_dir = os.path.join(tempfile.mkdtemp(), 'regression_baseline/')
run_name = output_dir + 'first'
if not os.path.exists(run_name):
    os.makedirs(run_name)
modelcheckpoint = ModelCheckpoint(filepath=run_name + '/weights.{epoch:02d}.hdf5', save_weights_only=True)
history = model.fit(X_train, y_train, batch_size=8, epochs=30, verbose=2, validation_data=(X_valid, y_valid),
                    callbacks=[modelcheckpoint])
assert history.history['val_loss'][-1] < 0.6 * history.history['val_loss'][0]
best = int(np.argmin(history.history['val_loss'])) + 1
model.load_weights(run_name + '/weights.%02d.hdf5' % best)
np.testing.assert_allclose(model.evaluate(X_valid, y_valid, verbose=0), min(history.history['val_loss']), rtol=1e-4)
house = np.reshape(X_valid[42 % len(X_valid)], [1, 13])
print(model.predict(house), y_valid[42 % len(X_valid)])
moving = model.layers[1].get_weights()[2]
assert moving.shape == (32,) and abs(moving).max() > 0
