'''Pretrained embeddings (Constant initializer) with Conv1D; GloVe-like file written first.'''
from __future__ import print_function
import os
import numpy as np
from keras.preprocessing.text import Tokenizer
from keras.preprocessing.sequence import pad_sequences
from keras.utils import to_categorical
from keras.layers import Dense, Input, GlobalMaxPooling1D
from keras.layers import Conv1D, MaxPooling1D, Embedding
from keras.models import Model
from keras.initializers import Constant
rng = np.random.RandomState(0)
vocabulary = ['alpha', 'beta', 'gamma', 'delta', 'space', 'orbit', 'rocket', 'goal', 'match', 'team']
with open('glove.txt', 'w') as f:
    for w in vocabulary[:-1]:
        f.write(w + ' ' + ' '.join('%.4f' % v for v in rng.randn(12)) + '\n')
embeddings_index = {}
with open('glove.txt') as f:
    for line in f:
        values = line.split()
        word = values[0]
        coefs = np.asarray(values[1:], dtype='float32')
        embeddings_index[word] = coefs
texts, labels = [], []
for i in range(200):
    c = i % 2
    own = vocabulary[4:7] if c else vocabulary[7:]
    texts.append(' '.join(rng.choice(vocabulary[:4] + own, 40)))
    labels.append(c)
MAX_SEQUENCE_LENGTH, MAX_NUM_WORDS, EMBEDDING_DIM = 40, 100, 12
tokenizer = Tokenizer(num_words=MAX_NUM_WORDS)
tokenizer.fit_on_texts(texts)
sequences = tokenizer.texts_to_sequences(texts)
word_index = tokenizer.word_index
data = pad_sequences(sequences, maxlen=MAX_SEQUENCE_LENGTH)
labels = to_categorical(np.asarray(labels))
num_words = min(MAX_NUM_WORDS, len(word_index) + 1)
embedding_matrix = np.zeros((num_words, EMBEDDING_DIM))
for word, i in word_index.items():
    if i >= MAX_NUM_WORDS:
        continue
    embedding_vector = embeddings_index.get(word)
    if embedding_vector is not None:
        embedding_matrix[i] = embedding_vector
embedding_layer = Embedding(num_words, EMBEDDING_DIM, embeddings_initializer=Constant(embedding_matrix), input_length=MAX_SEQUENCE_LENGTH, trainable=False)
sequence_input = Input(shape=(MAX_SEQUENCE_LENGTH,), dtype='int32')
embedded_sequences = embedding_layer(sequence_input)
x = Conv1D(16, 5, activation='relu')(embedded_sequences)
x = MaxPooling1D(5)(x)
x = Conv1D(16, 5, activation='relu')(x)
x = GlobalMaxPooling1D()(x)
x = Dense(16, activation='relu')(x)
preds = Dense(2, activation='softmax')(x)
model = Model(sequence_input, preds)
model.compile(loss='categorical_crossentropy', optimizer='rmsprop', metrics=['acc'])
h = model.fit(data[:160], labels[:160], batch_size=32, epochs=8, validation_data=(data[160:], labels[160:]), verbose=2)
assert (embedding_layer.get_weights()[0] == embedding_matrix.astype('float32')).all()
assert h.history['acc'][-1] > .8, h.history['acc']
assert len(model.trainable_weights) == 8 and len(model.non_trainable_weights) == 1
