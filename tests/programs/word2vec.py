# Skip-grams with negative samples: two embeddings whose dot product says whether words belong together; then frozen
# word vectors handed to an Embedding as weights=[matrix].
import numpy as np
from keras.layers import Activation, Dense, Dot, Embedding, Flatten, Input, Reshape, dot
from keras.models import Model, Sequential
from keras.preprocessing.sequence import make_sampling_table, pad_sequences, skipgrams
from keras.preprocessing.text import Tokenizer, one_hot, text_to_word_sequence

np.random.seed(0)
corpus = ["the king and the queen rule the land", "the cat and the dog chase the ball"] * 10
tokenizer = Tokenizer()
tokenizer.fit_on_texts(corpus)
word2id = tokenizer.word_index
vocab_size = len(word2id) + 1
wids = tokenizer.texts_to_sequences(corpus)
skip_grams = [skipgrams(wid, vocabulary_size=vocab_size, window_size=3, seed=1) for wid in wids]
pairs, labels = skip_grams[0]
assert len(pairs) == len(labels) and set(labels) == {0, 1}
table = make_sampling_table(vocab_size)
assert table.shape == (vocab_size,)

word, context = Input((1,)), Input((1,))
target = Embedding(vocab_size, 10, embeddings_initializer="glorot_uniform", input_length=1, name='words')(word)
around = Embedding(vocab_size, 10, embeddings_initializer="glorot_uniform", input_length=1)(context)
similarity = Reshape((1,))(dot([target, around], axes=2))
model = Model(inputs=[word, context], outputs=Dense(1, activation='sigmoid')(similarity))
model.compile(loss='mean_squared_error', optimizer='rmsprop')
losses = []
for epoch in range(1, 4):
    loss = 0
    for pairs, labels in skip_grams:
        pair_first = np.array(list(zip(*pairs))[0], dtype='int32')
        pair_second = np.array(list(zip(*pairs))[1], dtype='int32')
        loss += model.train_on_batch([pair_first, pair_second], np.array(labels, dtype='int32'))
    losses.append(loss)
assert losses[-1] < losses[0]
weights = model.get_layer('words').get_weights()[0]

embeddings_index = {w: weights[i] for w, i in word2id.items()}
embedding_matrix = np.zeros((vocab_size, 10))
for w, i in tokenizer.word_index.items():
    vector = embeddings_index.get(w)
    if vector is not None:
        embedding_matrix[i] = vector
net = Sequential()
net.add(Embedding(vocab_size, 10, weights=[embedding_matrix], input_length=8, trainable=False))
net.add(Flatten())
net.add(Dense(1, activation='sigmoid'))
net.compile(optimizer='adam', loss='binary_crossentropy', metrics=['acc'])
x = pad_sequences(wids, maxlen=8)
net.fit(x, np.arange(20) % 2, epochs=3, verbose=0)
np.testing.assert_allclose(net.layers[0].get_weights()[0], embedding_matrix, rtol=1e-6)
assert sum(int(np.prod(w.shape)) for w in net.trainable_weights) == 81
assert text_to_word_sequence("A b, c!") == ['a', 'b', 'c'] and len(one_hot("A b, c!", 50)) == 3
net2 = Sequential([Embedding(vocab_size, 10, input_length=8), Flatten(), Dense(1)])
net2.layers[0].set_weights([embedding_matrix])
net2.layers[0].trainable = False
net2.compile('adam', 'mse')
net2.train_on_batch(x, np.zeros(20))
np.testing.assert_allclose(net2.layers[0].get_weights()[0], embedding_matrix, rtol=1e-6)
