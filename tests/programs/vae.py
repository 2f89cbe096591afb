'''A variational autoencoder on small pictures: Lambda sampling and a loss made of two parts (Keras 2, functional).'''
from __future__ import absolute_import
from __future__ import division
from __future__ import print_function

from keras.layers import Lambda, Input, Dense
from keras.models import Model
from keras.losses import mse, binary_crossentropy
from keras import backend as K

import numpy as np


# reparameterization trick
def sampling(args):
    z_mean, z_log_var = args
    batch = K.shape(z_mean)[0]
    dim = K.int_shape(z_mean)[1]
    epsilon = K.random_normal(shape=(batch, dim))
    return z_mean + K.exp(0.5 * z_log_var) * epsilon


np.random.seed(0)
shapes = np.random.rand(3, 36) > 0.5
x_train = np.clip(shapes[np.random.randint(3, size=200)] + 0.1 * np.random.randn(200, 36), 0, 1).astype('float32')
original_dim = x_train.shape[1]
intermediate_dim = 24
latent_dim = 2

inputs = Input(shape=(original_dim,), name='encoder_input')
x = Dense(intermediate_dim, activation='relu')(inputs)
z_mean = Dense(latent_dim, name='z_mean')(x)
z_log_var = Dense(latent_dim, name='z_log_var')(x)
z = Lambda(sampling, output_shape=(latent_dim,), name='z')([z_mean, z_log_var])
encoder = Model(inputs, [z_mean, z_log_var, z], name='encoder')
encoder.summary()

latent_inputs = Input(shape=(latent_dim,), name='z_sampling')
x = Dense(intermediate_dim, activation='relu')(latent_inputs)
outputs = Dense(original_dim, activation='sigmoid')(x)
decoder = Model(latent_inputs, outputs, name='decoder')
decoder.summary()

outputs = decoder(encoder(inputs)[2])
vae = Model(inputs, outputs, name='vae_mlp')

reconstruction_loss = binary_crossentropy(inputs, outputs)
reconstruction_loss *= original_dim
kl_loss = 1 + z_log_var - K.square(z_mean) - K.exp(z_log_var)
kl_loss = K.sum(kl_loss, axis=-1)
kl_loss *= -0.5
vae_loss = K.mean(reconstruction_loss + kl_loss)
vae.add_loss(vae_loss)
vae.compile(optimizer='adam')
vae.summary()
history = vae.fit(x_train, epochs=12, batch_size=20, verbose=0, validation_data=(x_train, None))
print(history.history['loss'][0], history.history['loss'][-1])
assert history.history['loss'][-1] < history.history['loss'][0] - 2
mean, log_var, sample = encoder.predict(x_train, batch_size=20)
assert mean.shape == log_var.shape == sample.shape == (200, 2)
assert abs(sample - mean).max() > 1e-3      # it draws when it predicts, too
assert decoder.predict(np.zeros((1, 2))).shape == (1, 36)
