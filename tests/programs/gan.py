# A GAN on points: train_on_batch, and a discriminator that is frozen inside the combined model.
import numpy as np
from tensorflow.keras.layers import Dense, Input, LeakyReLU
from tensorflow.keras.models import Model, Sequential
from tensorflow.keras.optimizers import Adam

generator = Sequential([Dense(8, input_dim=4), LeakyReLU(0.2), Dense(2, activation="tanh")])
discriminator = Sequential([Dense(8, input_dim=2), LeakyReLU(0.2), Dense(1, activation="sigmoid")])
discriminator.compile(loss="binary_crossentropy", optimizer=Adam(0.0002, 0.5), metrics=["accuracy"])
z = Input(shape=(4,))
discriminator.trainable = False
combined = Model(z, discriminator(generator(z)))
combined.compile(loss="binary_crossentropy", optimizer=Adam(0.0002, 0.5))

ones, zeros = np.ones((16, 1)), np.zeros((16, 1))
for step in range(5):
    real = np.random.normal(0.5, 0.1, (16, 2))
    fake = generator.predict(np.random.normal(0, 1, (16, 4)), verbose=0)
    before = discriminator.get_weights()
    d_loss = 0.5 * np.add(discriminator.train_on_batch(real, ones), discriminator.train_on_batch(fake, zeros))
    middle = discriminator.get_weights()
    g_loss = combined.train_on_batch(np.random.normal(0, 1, (16, 4)), ones)
    after = discriminator.get_weights()
    assert any((a != b).any() for a, b in zip(before, middle))
    assert all((a == b).all() for a, b in zip(middle, after))
    print("%d [D loss: %f, acc: %.2f%%] [G loss: %f]" % (step, d_loss[0], 100 * d_loss[1], g_loss))
