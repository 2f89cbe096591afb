# Towers of an inception module and a residual connection, 2016.
import numpy as np
from keras.layers import merge, Convolution2D, MaxPooling2D, AveragePooling2D, Input, Dense, Flatten, Activation, GlobalAveragePooling2D
from keras.layers.normalization import BatchNormalization
from keras.models import Model
from keras.regularizers import l2, WeightRegularizer
from keras.utils.visualize_util import plot  # noqa

np.random.seed(2)


def conv_bn(x, nb_filter, nb_row, nb_col, subsample=(1, 1)):
    x = Convolution2D(nb_filter, nb_row, nb_col, subsample=subsample, border_mode='same', init='he_normal',
                      W_regularizer=l2(1e-4), bias=False)(x)
    x = BatchNormalization(mode=0, axis=-1)(x)
    return Activation('relu')(x)


input_img = Input(shape=(12, 12, 3))
x = conv_bn(input_img, 8, 3, 3)
tower_1 = conv_bn(conv_bn(x, 4, 1, 1), 4, 3, 3)
tower_2 = conv_bn(conv_bn(x, 2, 1, 1), 4, 5, 5)
tower_3 = conv_bn(MaxPooling2D((3, 3), strides=(1, 1), border_mode='same')(x), 4, 1, 1)
output = merge([tower_1, tower_2, tower_3], mode='concat', concat_axis=3)
y = Convolution2D(12, 3, 3, border_mode='same')(output)
z = merge([output, y], mode='sum')
z = GlobalAveragePooling2D()(z)
out = Dense(3, activation='softmax', W_regularizer=WeightRegularizer(l2=1e-3))(z)
model = Model(input=input_img, output=out)
model.compile('sgd', 'categorical_crossentropy', metrics=['accuracy'])

X = np.random.rand(36, 12, 12, 3)
labels = np.arange(36) % 3
X[np.arange(36), :, :, labels] += 0.6
Y = np.eye(3)[labels]
first = model.evaluate(X, Y, verbose=0)[0]
history = model.fit(X, Y, nb_epoch=6, batch_size=12, verbose=0)
assert history.history['loss'][-1] < history.history['loss'][0]
# the penalties are part of the loss
probabilities = model.predict(X)
plain = -np.log(np.clip((probabilities * Y).sum(axis=1), 1e-7, 1)).mean()
penalty = 1e-4 * sum((w ** 2).sum() for w in model.get_weights() if w.ndim == 4 and w.shape[-1] != 12)
penalty += 1e-3 * (model.layers[-1].get_weights()[0] ** 2).sum()
assert abs(model.evaluate(X, Y, verbose=0)[0] - plain - penalty) < 1e-3
