# Channels first, as programs for Theano had them.
import numpy as np
from keras import backend as K
K.set_image_dim_ordering('th')
from keras.models import Sequential, Model
from keras.layers import Input, Dense, Dropout, Flatten, merge
from keras.layers.convolutional import Convolution2D, MaxPooling2D, ZeroPadding2D, UpSampling2D
from keras.layers.normalization import BatchNormalization
from keras.utils.np_utils import to_categorical

seed = 7
np.random.seed(seed)
X = np.random.rand(48, 3, 12, 10).astype('float32')
y = (X[:, 0].mean(axis=(1, 2)) > X[:, 2].mean(axis=(1, 2))).astype(int)
Y = to_categorical(y, 2)

model = Sequential()
model.add(ZeroPadding2D((1, 1), input_shape=(3, 12, 10)))
model.add(Convolution2D(8, 3, 3, activation='relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(BatchNormalization(axis=1))
model.add(Convolution2D(4, 3, 3, border_mode='same', subsample=(2, 1), activation='relu'))
model.add(Dropout(0.2))
model.add(Flatten())
model.add(Dense(2, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.summary()
assert [layer.output_shape for layer in model.layers][:3] == [(None, 3, 14, 12), (None, 8, 12, 10), (None, 8, 6, 5)]
assert model.layers[4].output_shape == (None, 4, 3, 5)
history = model.fit(X, Y, nb_epoch=4, batch_size=16, verbose=0)
assert history.history['loss'][-1] < history.history['loss'][0]

# what the first convolution says, worked out by hand for one place
first = model.layers[1]
W, b = first.get_weights()
seen = K.function([model.layers[0].input, K.learning_phase()], [first.output])([X[:1], 0])[0]
assert seen.shape == (1, 8, 12, 10)
patch = X[0, :, 4:7, 3:6]
kernel = W.transpose(3, 2, 0, 1) if W.shape == (3, 3, 3, 8) else W
np.testing.assert_allclose(seen[0, :, 5, 4], np.maximum((kernel * patch).sum(axis=(1, 2, 3)) + b, 0), rtol=1e-4, atol=1e-5)

# branches joined along the channels
image = Input(shape=(3, 8, 8))
a = Convolution2D(2, 1, 1, activation='relu')(image)
b = Convolution2D(3, 3, 3, border_mode='same', activation='relu')(image)
joined = merge([a, b], mode='concat', concat_axis=1)
both = Model(input=image, output=UpSampling2D((2, 2))(joined))
assert both.output_shape == (None, 5, 16, 16)
assert both.predict(X[:2, :, :8, :8]).shape == (2, 5, 16, 16)
