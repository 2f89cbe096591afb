# A conditional GAN: labels through an Embedding multiply the noise; an auxiliary classifier beside the discriminator.
import numpy as np
from tensorflow.keras.layers import Input, Embedding, multiply, Flatten, Dense, LeakyReLU, Concatenate, Dropout
from tensorflow.keras.models import Model, Sequential
from tensorflow.keras.optimizers import Adam

np.random.seed(3)
latent_dim, num_classes, size = 4, 3, 6
noise, label = Input(shape=(latent_dim,)), Input(shape=(1,), dtype='int32')
label_embedding = Flatten()(Embedding(num_classes, latent_dim)(label))
core = Sequential([Dense(12, input_dim=latent_dim), LeakyReLU(alpha=0.2), Dense(size, activation='tanh')])
generator = Model([noise, label], core(multiply([noise, label_embedding])))

sample = Input(shape=(size,))
features = Sequential([Dense(12, input_dim=size), LeakyReLU(alpha=0.2), Dropout(0.2)])(sample)
validity = Dense(1, activation="sigmoid")(features)
which = Dense(num_classes, activation="softmax")(features)
discriminator = Model(sample, [validity, which])
losses = ['binary_crossentropy', 'sparse_categorical_crossentropy']
discriminator.compile(loss=losses, optimizer=Adam(0.002, 0.5), metrics=['accuracy'])
discriminator.trainable = False
valid, target_label = discriminator(generator([noise, label]))
combined = Model([noise, label], [valid, target_label])
combined.compile(loss=losses, optimizer=Adam(0.002, 0.5))

centres = np.random.uniform(-.8, .8, (num_classes, size))
for step in range(12):
    labels = np.random.randint(0, num_classes, (16, 1))
    real = centres[labels[:, 0]] + 0.05 * np.random.randn(16, size)
    z = np.random.normal(size=(16, latent_dim))
    fake = generator.predict([z, labels], verbose=0)
    d_real = discriminator.train_on_batch(real, [np.ones((16, 1)), labels])
    d_fake = discriminator.train_on_batch(fake, [np.zeros((16, 1)), labels])
    frozen = discriminator.get_weights()
    g_loss = combined.train_on_batch([z, labels], [np.ones((16, 1)), labels])
    assert all((a == b).all() for a, b in zip(frozen, discriminator.get_weights()))
print("%d [D loss: %f, op_acc: %.2f%%] [G loss: %f]" % (step, d_real[0], 100 * d_real[4], g_loss[0]))
assert len(d_real) == 5 and len(g_loss) == 3
assert abs(g_loss[0] - g_loss[1] - g_loss[2]) < 1e-4
assert abs(d_real[0] - d_real[1] - d_real[2]) < 1e-4
assert len(discriminator.trainable_weights) == 0 and len(combined.trainable_weights) == 5
