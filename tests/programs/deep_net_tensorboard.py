# A deep net with batch normalization and dropout, its logs for TensorBoard, and the best weights loaded again.
import os
import shutil
import keras
import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout
from keras.layers.normalization import BatchNormalization
from keras.callbacks import TensorBoard, ModelCheckpoint

np.random.seed(42)
centres = np.random.rand(10, 60)
labels = np.random.randint(0, 10, 800)
X = (centres[labels] + .25 * np.random.randn(800, 60)).astype('float32')
X_train, X_valid = X[:600], X[600:]
y_train, y_valid = keras.utils.to_categorical(labels[:600], 10), keras.utils.to_categorical(labels[600:], 10)

model = Sequential()
model.add(Dense(32, activation='relu', input_shape=(60,)))
model.add(BatchNormalization())
model.add(Dense(32, activation='relu'))
model.add(BatchNormalization())
model.add(Dense(32, activation='relu'))
model.add(BatchNormalization())
model.add(Dropout(0.2))
model.add(Dense(10, activation='softmax'))
model.summary()
trainable = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
assert model.count_params() - trainable == 3 * 64
model.compile(loss='categorical_crossentropy', optimizer='nadam', metrics=['accuracy'])

output_dir = 'model_output/deep/'
if not os.path.exists(output_dir):
    os.makedirs(output_dir)
tensorboard = TensorBoard(log_dir='logs/deep-net', write_images=False)
modelcheckpoint = ModelCheckpoint(filepath=output_dir + "/weights.{epoch:02d}.hdf5")
history = model.fit(X_train, y_train, batch_size=64, epochs=5, verbose=1, validation_data=(X_valid, y_valid),
                    callbacks=[tensorboard, modelcheckpoint])
model.load_weights(output_dir + "/weights.03.hdf5")
np.testing.assert_allclose(model.evaluate(X_valid, y_valid, verbose=0)[0], history.history['val_loss'][2], rtol=1e-4)
assert history.history['val_acc'][-1] > 0.6
assert any('tfevents' in name for _, _, names in os.walk('logs') for name in names)
shutil.rmtree('logs'); shutil.rmtree('model_output')
