# Batches from a generator, Keras 1 and 2, and pictures that change a little.
import numpy as np
from keras.layers import Dense, Flatten
from keras.models import Sequential
from keras.preprocessing.image import ImageDataGenerator

x, y = np.random.rand(40, 6, 6, 3) * 255, np.random.randint(0, 2, 40)
model = Sequential([Flatten(input_shape=(6, 6, 3)), Dense(1, activation="sigmoid")])
model.compile(loss="logloss", optimizer="sgd", metrics=["accuracy"])

augmented = ImageDataGenerator(rescale=1. / 255, rotation_range=20, width_shift_range=0.1, zoom_range=0.1,
                               horizontal_flip=True, fill_mode="nearest")
plain = ImageDataGenerator(rescale=1. / 255)
model.fit_generator(augmented.flow(x, y, batch_size=8), steps_per_epoch=len(x) // 8, epochs=2, verbose=0,
                    validation_data=plain.flow(x, y, batch_size=8), validation_steps=2, workers=1)


def batches():
    while True:
        i = np.random.randint(0, len(x), 10)
        yield x[i] / 255, y[i]


seen = []
history = model.fit_generator(batches(), samples_per_epoch=30, nb_epoch=2, verbose=0, validation_data=batches(),
                              nb_val_samples=20)
assert len(history.history["val_loss"]) == 2
print(model.evaluate_generator(batches(), steps=2), model.predict_generator(plain.flow(x, shuffle=False), steps=2).shape)
