# The VAE of 2016: a loss that looks at layers in the middle of the model (Keras 1.1).
import numpy as np
from keras.layers import Input, Dense, Lambda
from keras.models import Model
from keras import backend as K
from keras import objectives

np.random.seed(0)
batch_size, original_dim, latent_dim, intermediate_dim, nb_epoch, epsilon_std = 20, 16, 2, 12, 6, 0.1
x_train = (np.random.rand(200, 1) * np.linspace(0, 1, original_dim)).astype('float32')

x = Input(batch_shape=(batch_size, original_dim))
h = Dense(intermediate_dim, activation='relu')(x)
z_mean = Dense(latent_dim)(h)
z_log_sigma = Dense(latent_dim)(h)


def sampling(args):
    z_mean, z_log_sigma = args
    epsilon = K.random_normal(shape=(batch_size, latent_dim), mean=0., std=epsilon_std)
    return z_mean + K.exp(z_log_sigma) * epsilon


z = Lambda(sampling, output_shape=(latent_dim,))([z_mean, z_log_sigma])
decoder_h = Dense(intermediate_dim, activation='relu')
decoder_mean = Dense(original_dim, activation='sigmoid')
h_decoded = decoder_h(z)
x_decoded_mean = decoder_mean(h_decoded)
vae = Model(x, x_decoded_mean)
encoder = Model(x, z_mean)
decoder_input = Input(shape=(latent_dim,))
_h_decoded = decoder_h(decoder_input)
_x_decoded_mean = decoder_mean(_h_decoded)
generator = Model(decoder_input, _x_decoded_mean)


def vae_loss(x, x_decoded_mean):
    xent_loss = objectives.binary_crossentropy(x, x_decoded_mean)
    kl_loss = - 0.5 * K.mean(1 + z_log_sigma - K.square(z_mean) - K.exp(z_log_sigma), axis=-1)
    return xent_loss + kl_loss


vae.compile(optimizer='rmsprop', loss=vae_loss)
history = vae.fit(x_train, x_train, shuffle=True, nb_epoch=nb_epoch, batch_size=batch_size,
                  validation_data=(x_train, x_train), verbose=0)
assert history.history['loss'][-1] < history.history['loss'][0]
x_test_encoded = encoder.predict(x_train, batch_size=batch_size)
assert x_test_encoded.shape == (200, 2)
# the loss is what the words say, with the noise that there is: small here
mean, log_sigma = x_test_encoded, Model(x, z_log_sigma).predict(x_train, batch_size=batch_size)
said = generator.predict(mean)
xent = -(x_train * np.log(said) + (1 - x_train) * np.log(1 - said)).mean()
kl = -0.5 * (1 + log_sigma - mean ** 2 - np.exp(log_sigma)).mean()
assert abs(vae.evaluate(x_train, x_train, batch_size=batch_size, verbose=0) - xent - kl) < 0.05
