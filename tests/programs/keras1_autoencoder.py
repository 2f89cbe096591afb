# An autoencoder of dense layers and one of convolutions, in the words of Keras 1.
import numpy as np
from keras.layers import Input, Dense, Convolution2D, MaxPooling2D, UpSampling2D
from keras.models import Model
from keras import regularizers

np.random.seed(3)
rows = np.random.rand(160, 1, 8) > .5
x_train = (rows * np.random.rand(160, 8, 1)).astype('float32')
x_flat = x_train.reshape((len(x_train), np.prod(x_train.shape[1:])))

encoding_dim = 12
input_img = Input(shape=(64,))
encoded = Dense(encoding_dim, activation='relu', activity_regularizer=regularizers.activity_l1(1e-6))(input_img)
decoded = Dense(64, activation='sigmoid')(encoded)
autoencoder = Model(input=input_img, output=decoded)
encoder = Model(input=input_img, output=encoded)
encoded_input = Input(shape=(encoding_dim,))
decoder_layer = autoencoder.layers[-1]
decoder = Model(input=encoded_input, output=decoder_layer(encoded_input))
autoencoder.compile(optimizer='adadelta', loss='binary_crossentropy')
history = autoencoder.fit(x_flat, x_flat, nb_epoch=15, batch_size=32, shuffle=True, validation_data=(x_flat, x_flat), verbose=0)
encoded_imgs = encoder.predict(x_flat)
decoded_imgs = decoder.predict(encoded_imgs)
np.testing.assert_allclose(decoded_imgs, autoencoder.predict(x_flat), rtol=1e-5, atol=1e-6)
assert history.history['val_loss'][-1] < history.history['val_loss'][0] - 0.02, history.history['val_loss']

# denoising, with convolutions
noisy = np.clip(x_train + 0.2 * np.random.normal(size=x_train.shape), 0., 1.)[..., None]
clean = x_train[..., None]
input_img = Input(shape=(8, 8, 1))
x = Convolution2D(8, 3, 3, activation='relu', border_mode='same')(input_img)
x = MaxPooling2D((2, 2), border_mode='same')(x)
x = Convolution2D(4, 3, 3, activation='relu', border_mode='same')(x)
encoded = MaxPooling2D((2, 2), border_mode='same')(x)
x = Convolution2D(4, 3, 3, activation='relu', border_mode='same')(encoded)
x = UpSampling2D((2, 2))(x)
x = Convolution2D(8, 3, 3, activation='relu', border_mode='same')(x)
x = UpSampling2D((2, 2))(x)
decoded = Convolution2D(1, 3, 3, activation='sigmoid', border_mode='same')(x)
denoiser = Model(input_img, decoded)
denoiser.compile(optimizer='rmsprop', loss='binary_crossentropy')
history = denoiser.fit(noisy, clean, nb_epoch=3, batch_size=32, verbose=0)
assert encoded.shape[1:] == (2, 2, 4) or tuple(encoded.get_shape())[1:] == (2, 2, 4)
assert history.history['loss'][-1] < history.history['loss'][0]
