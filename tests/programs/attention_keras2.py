# Attention by hand in the functional API of Keras 2: weights over the steps by Dense, Flatten, softmax, RepeatVector,
# Permute and multiply; the same as a layer of one's own with K.dot, K.tanh, K.softmax; masks underneath.
import numpy as np
from keras import backend as K
from keras import initializers, regularizers, constraints
from keras.engine.topology import Layer
from keras.layers import (Activation, Bidirectional, Dense, Dot, Embedding, Flatten, Input, Lambda, LSTM, Masking, Permute,
                          RepeatVector, TimeDistributed, multiply)
from keras.models import Model, load_model

np.random.seed(0)
T, words = 10, 30
x = np.random.randint(2, words, (120, T))
labels = np.random.randint(0, 2, 120)
x[np.arange(120), np.random.randint(0, T, 120)] = labels          # one word tells: 0 or 1
x = x + 1                                                         # 0 is for "nothing here"

inputs = Input(shape=(T,), dtype='int32')
embedded = Embedding(words + 1, 8)(inputs)
activations = Bidirectional(LSTM(6, return_sequences=True), merge_mode='concat')(embedded)
attention = TimeDistributed(Dense(1, activation='tanh'))(activations)
attention = Flatten()(attention)
attention = Activation('softmax', name='attention')(attention)
attention = RepeatVector(12)(attention)
attention = Permute([2, 1])(attention)
sent_representation = multiply([activations, attention])
sent_representation = Lambda(lambda xin: K.sum(xin, axis=-2), output_shape=(12,))(sent_representation)
probabilities = Dense(1, activation='sigmoid')(sent_representation)
model = Model(inputs=inputs, outputs=probabilities)
model.compile('adam', 'binary_crossentropy', metrics=['acc'])
history = model.fit(x, labels, epochs=3, batch_size=12, verbose=0)
assert history.history['loss'][-1] < history.history['loss'][0]
weights = Model(inputs, model.get_layer('attention').output).predict(x)
np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-4)


class AttentionLayer(Layer):
    def __init__(self, attention_dim=8, W_regularizer=None, **kwargs):
        self.init = initializers.get('normal')
        self.supports_masking = True
        self.attention_dim = attention_dim
        self.W_regularizer = regularizers.get(W_regularizer)
        super(AttentionLayer, self).__init__(**kwargs)

    def build(self, input_shape):
        assert len(input_shape) == 3
        self.W = self.add_weight((input_shape[-1], self.attention_dim), initializer=self.init, name='W', regularizer=self.W_regularizer)
        self.b = self.add_weight((self.attention_dim,), initializer=self.init, name='b')
        self.u = self.add_weight((self.attention_dim, 1), initializer=self.init, name='u')
        super(AttentionLayer, self).build(input_shape)

    def compute_mask(self, inputs, mask=None):
        return None

    def call(self, x, mask=None):
        uit = K.tanh(K.bias_add(K.dot(x, self.W), self.b))
        ait = K.dot(uit, self.u)
        ait = K.squeeze(ait, -1)
        ait = K.exp(ait)
        if mask is not None:
            ait *= K.cast(mask, K.floatx())
        ait /= K.cast(K.sum(ait, axis=1, keepdims=True) + K.epsilon(), K.floatx())
        ait = K.expand_dims(ait)
        weighted_input = x * ait
        return K.sum(weighted_input, axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        config = super(AttentionLayer, self).get_config()
        config.update({'attention_dim': self.attention_dim})
        return config


inputs = Input(shape=(None,), dtype='int32')
embedded = Embedding(words + 1, 8, mask_zero=True)(inputs)
hidden = LSTM(8, return_sequences=True)(embedded)
out = Dense(1, activation='sigmoid')(AttentionLayer(6, W_regularizer=regularizers.l2(1e-5))(hidden))
model = Model(inputs, out)
model.compile('rmsprop', 'binary_crossentropy', metrics=['accuracy'])
history = model.fit(x, labels, epochs=4, batch_size=12, verbose=0, validation_split=0.2)
assert history.history['loss'][-1] < history.history['loss'][0]
# what is padded does not count
padded = np.concatenate([x[:6], np.zeros((6, 4), int)], axis=1)
np.testing.assert_allclose(model.predict(padded), model.predict(x[:6]), rtol=1e-4, atol=1e-5)
model.save('attention.h5')
again = load_model('attention.h5', custom_objects={'AttentionLayer': AttentionLayer})
np.testing.assert_allclose(again.predict(x), model.predict(x), rtol=1e-5)
