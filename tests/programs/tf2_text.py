# Sarcasm-like headlines: Tokenizer with oov_token, pad_sequences (post), Embedding and GlobalAveragePooling1D; then a
# stacked bidirectional LSTM and a GRU on the same words (tf.keras 2.0-2.8).
import json
import numpy as np
import tensorflow as tf
from tensorflow.keras.preprocessing.text import Tokenizer, tokenizer_from_json
from tensorflow.keras.preprocessing.sequence import pad_sequences

tf.random.set_seed(1)
np.random.seed(1)
vocab_size, embedding_dim, max_length, trunc_type, padding_type, oov_tok = 100, 8, 10, 'post', 'post', "<OOV>"
good = "great lovely fine wonderful happy sunny".split()
bad = "awful dreadful boring gloomy sad rainy".split()
words = "the a day film story man dog walks sees and".split()
sentences, labels = [], []
for _ in range(160):
    label = np.random.randint(2)
    text = list(np.random.choice(words, 5)) + list(np.random.choice([bad, good][label], 2))
    np.random.shuffle(text)
    sentences.append(' '.join(text).capitalize() + '!')
    labels.append(label)
training_sentences, testing_sentences = sentences[:120], sentences[120:]
training_labels, testing_labels = np.array(labels[:120]), np.array(labels[120:])
tokenizer = Tokenizer(num_words=vocab_size, oov_token=oov_tok)
tokenizer.fit_on_texts(training_sentences)
word_index = tokenizer.word_index
assert word_index[oov_tok] == 1
training_sequences = tokenizer.texts_to_sequences(training_sentences)
training_padded = pad_sequences(training_sequences, maxlen=max_length, padding=padding_type, truncating=trunc_type)
testing_padded = pad_sequences(tokenizer.texts_to_sequences(testing_sentences), maxlen=max_length, padding='post', truncating='post')
again = tokenizer_from_json(json.loads(json.dumps(tokenizer.to_json())))
assert again.texts_to_sequences(["a zebra walks"]) == tokenizer.texts_to_sequences(["a zebra walks"])

model = tf.keras.Sequential([
    tf.keras.layers.Embedding(vocab_size, embedding_dim, input_length=max_length),
    tf.keras.layers.GlobalAveragePooling1D(),
    tf.keras.layers.Dense(16, activation='relu'),
    tf.keras.layers.Dense(1, activation='sigmoid')
])
model.compile(loss='binary_crossentropy', optimizer=tf.keras.optimizers.Adam(0.02), metrics=['accuracy'])
model.summary()
history = model.fit(training_padded, training_labels, epochs=10, validation_data=(testing_padded, testing_labels), verbose=2)
assert history.history['val_accuracy'][-1] > 0.85
e = model.layers[0]
weights = e.get_weights()[0]
assert weights.shape == (vocab_size, embedding_dim)

for recurrent in (
    [tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(8, return_sequences=True)), tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(4))],
    [tf.keras.layers.GRU(8, dropout=0.1)],
    [tf.keras.layers.Conv1D(8, 3, activation='relu'), tf.keras.layers.MaxPooling1D(pool_size=2), tf.keras.layers.LSTM(8)],
):
    model = tf.keras.Sequential([tf.keras.layers.Embedding(vocab_size, embedding_dim, mask_zero=not isinstance(recurrent[0], tf.keras.layers.Conv1D)),
                                 *recurrent, tf.keras.layers.Dense(1, activation='sigmoid')])
    model.compile(loss='binary_crossentropy', optimizer=tf.keras.optimizers.Adam(0.02), metrics=['accuracy'])
    history = model.fit(training_padded, training_labels, epochs=5, batch_size=16, verbose=0, validation_data=(testing_padded, testing_labels))
    print(history.history['val_accuracy'])
    assert history.history['loss'][-1] < history.history['loss'][0]
