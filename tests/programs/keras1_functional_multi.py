# The functional API of Keras 1: a headline, extra numbers, two outputs, one of them on the way.
import numpy as np
from keras.layers import Input, Embedding, LSTM, Dense, merge
from keras.models import Model

np.random.seed(5)
main_input = Input(shape=(12,), dtype='int32', name='main_input')
x = Embedding(output_dim=16, input_dim=50, input_length=12)(main_input)
lstm_out = LSTM(8)(x)
auxiliary_loss = Dense(1, activation='sigmoid', name='aux_output')(lstm_out)
auxiliary_input = Input(shape=(5,), name='aux_input')
x = merge([lstm_out, auxiliary_input], mode='concat')
x = Dense(16, activation='relu')(x)
x = Dense(16, activation='relu')(x)
main_loss = Dense(1, activation='sigmoid', name='main_output')(x)
model = Model(input=[main_input, auxiliary_input], output=[main_loss, auxiliary_loss])
model.compile(optimizer='rmsprop', loss='binary_crossentropy', loss_weights=[1., 0.2])

headlines = np.random.randint(1, 50, (64, 12))
numbers = np.random.rand(64, 5)
labels = (numbers.sum(axis=1) > 2.5).astype(int)
history = model.fit([headlines, numbers], [labels, labels], nb_epoch=2, batch_size=32, verbose=0)
assert set(history.history) >= {'loss', 'main_output_loss', 'aux_output_loss'}
h = history.history
np.testing.assert_allclose(h['loss'], np.array(h['main_output_loss']) + 0.2 * np.array(h['aux_output_loss']), rtol=1e-5)

model.compile(optimizer='rmsprop',
              loss={'main_output': 'binary_crossentropy', 'aux_output': 'binary_crossentropy'},
              loss_weights={'main_output': 1., 'aux_output': 0.2}, metrics={'main_output': 'accuracy'})
model.fit({'main_input': headlines, 'aux_input': numbers}, {'main_output': labels, 'aux_output': labels},
          nb_epoch=1, batch_size=32, verbose=0)
found = model.evaluate([headlines, numbers], [labels, labels], verbose=0)
print(dict(zip(model.metrics_names, found)))
assert len(found) == 4

# shared layers: two tweets by the same encoder
tweet_a = Input(shape=(6, 10))
tweet_b = Input(shape=(6, 10))
shared_lstm = LSTM(8)
encoded_a, encoded_b = shared_lstm(tweet_a), shared_lstm(tweet_b)
merged_vector = merge([encoded_a, encoded_b], mode='concat', concat_axis=-1)
predictions = Dense(1, activation='sigmoid')(merged_vector)
siamese = Model(input=[tweet_a, tweet_b], output=predictions)
siamese.compile(optimizer='rmsprop', loss='binary_crossentropy', metrics=['accuracy'])
a, b = np.random.rand(20, 6, 10), np.random.rand(20, 6, 10)
siamese.fit([a, b], np.random.randint(2, size=20), nb_epoch=1, verbose=0)
assert shared_lstm.get_output_at(0) is encoded_a and shared_lstm.get_output_at(1) is encoded_b
assert len(siamese.get_weights()) == 5
swapped = merge([encoded_a, encoded_b], mode=lambda z: z[0] - z[1], output_shape=(8,))
difference = Model([tweet_a, tweet_b], swapped)
np.testing.assert_allclose(difference.predict([a, b]), -difference.predict([b, a]), atol=1e-6)
