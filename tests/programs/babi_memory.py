# Questions about stories: two encoders whose results are merged, in Keras 1's Sequential with Merge and dot.
import numpy as np
from keras.models import Sequential
from keras.layers.embeddings import Embedding
from keras.layers import Activation, Dense, Merge, Permute, Dropout, RepeatVector
from keras.layers import LSTM, recurrent

np.random.seed(4)
vocab_size, story_maxlen, query_maxlen = 20, 10, 4
stories = np.random.randint(1, vocab_size, (64, story_maxlen))
queries = np.random.randint(1, vocab_size, (64, query_maxlen))
answers = np.eye(vocab_size)[stories[:, -1]]

input_encoder_m = Sequential()
input_encoder_m.add(Embedding(input_dim=vocab_size, output_dim=8, input_length=story_maxlen))
input_encoder_m.add(Dropout(0.1))
question_encoder = Sequential()
question_encoder.add(Embedding(input_dim=vocab_size, output_dim=8, input_length=query_maxlen))
question_encoder.add(Dropout(0.1))
match = Sequential()
match.add(Merge([input_encoder_m, question_encoder], mode='dot', dot_axes=[2, 2]))
match.add(Activation('softmax'))
input_encoder_c = Sequential()
input_encoder_c.add(Embedding(input_dim=vocab_size, output_dim=query_maxlen, input_length=story_maxlen))
response = Sequential()
response.add(Merge([match, input_encoder_c], mode='sum'))
response.add(Permute((2, 1)))
answer = Sequential()
answer.add(Merge([response, question_encoder], mode='concat', concat_axis=-1))
answer.add(LSTM(8))
answer.add(Dense(vocab_size))
answer.add(Activation('softmax'))
answer.compile(optimizer='rmsprop', loss='categorical_crossentropy', metrics=['accuracy'])
history = answer.fit([stories, queries, stories], answers, batch_size=16, nb_epoch=3, verbose=0)
assert history.history['loss'][-1] < history.history['loss'][0]
assert answer.predict([stories, queries, stories]).shape == (64, vocab_size)

# the same question by an LSTM of another name, repeated for each word of the story
RNN = recurrent.LSTM
sentrnn = Sequential()
sentrnn.add(Embedding(vocab_size, 6, input_length=story_maxlen))
qrnn = Sequential()
qrnn.add(Embedding(vocab_size, 6, input_length=query_maxlen))
qrnn.add(RNN(6, return_sequences=False))
qrnn.add(RepeatVector(story_maxlen))
model = Sequential()
model.add(Merge([sentrnn, qrnn], mode='sum'))
model.add(RNN(6, return_sequences=False))
model.add(Dense(vocab_size, activation='softmax'))
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
model.fit([stories, queries], answers, batch_size=16, nb_epoch=1, validation_split=0.1, verbose=0)
loss, acc = model.evaluate([stories, queries], answers, batch_size=16, verbose=0)
assert 0 <= acc <= 1 and np.isfinite(loss)
