# The sentiment classifiers of a course, one after another on the same reviews: dense, convolutional, SimpleRNN, LSTM,
# GRU, bidirectional, stacked bidirectional, a convolution under an LSTM, three convolutions side by side.
import os
import keras
import numpy as np
from keras.datasets import imdb  # noqa
from keras.preprocessing.sequence import pad_sequences
from keras.models import Sequential, Model
from keras.layers import Input, concatenate
from keras.layers import Dense, Flatten, Dropout, SpatialDropout1D
from keras.layers import Embedding, Conv1D, GlobalMaxPooling1D, MaxPooling1D
from keras.layers import SimpleRNN, LSTM, GRU
from keras.layers.wrappers import Bidirectional
from keras.callbacks import ModelCheckpoint
from sklearn.metrics import roc_auc_score, roc_curve

output_dir = 'model_output/sentiment'
epochs, batch_size, n_dim, n_unique_words, max_review_length = 3, 16, 8, 60, 20
pad_type = trunc_type = 'pre'
np.random.seed(0)
labels = np.random.randint(0, 2, 160)
reviews = [list(np.where(np.random.rand(n) < .6, np.random.randint(4, 18, n) + 20 * label, np.random.randint(40, 60, n)))
           for label, n in zip(labels, np.random.randint(6, 30, 160))]
x_train = pad_sequences(reviews[:120], maxlen=max_review_length, padding=pad_type, truncating=trunc_type, value=0)
x_valid = pad_sequences(reviews[120:], maxlen=max_review_length, padding=pad_type, truncating=trunc_type, value=0)
y_train, y_valid = labels[:120], labels[120:]
if not os.path.exists(output_dir):
    os.makedirs(output_dir)


def words():
    return Embedding(n_unique_words, n_dim, input_length=max_review_length)


heads = {
    'dense': [Flatten(), Dense(16, activation='relu'), Dropout(0.3)],
    'conv': [SpatialDropout1D(0.1), Conv1D(16, 3, activation='relu'), GlobalMaxPooling1D(), Dense(8, activation='relu')],
    'rnn': [SpatialDropout1D(0.1), SimpleRNN(8, dropout=0.1)],
    'lstm': [SpatialDropout1D(0.1), LSTM(8, dropout=0.1)],
    'gru': [GRU(8, dropout=0.1)],
    'bi_lstm': [Bidirectional(LSTM(6, dropout=0.1))],
    'stacked_bi_lstm': [Bidirectional(LSTM(6, dropout=0.1, return_sequences=True)), Bidirectional(LSTM(4, dropout=0.1))],
    'conv_lstm': [Conv1D(8, 3, activation='relu'), MaxPooling1D(4), Bidirectional(LSTM(6))],
}
aucs = {}
for name, layers in heads.items():
    model = Sequential()
    model.add(words())
    for layer in layers:
        model.add(layer)
    model.add(Dense(1, activation='sigmoid'))
    model.compile(loss='binary_crossentropy', optimizer=keras.optimizers.Adam(lr=0.01), metrics=['accuracy'])
    modelcheckpoint = ModelCheckpoint(filepath=output_dir + "/weights." + name + ".{epoch:02d}.hdf5")
    model.fit(x_train, y_train, batch_size=batch_size, epochs=epochs, verbose=0, validation_data=(x_valid, y_valid),
              callbacks=[modelcheckpoint])
    model.load_weights(output_dir + "/weights." + name + ".03.hdf5")
    y_hat = model.predict_proba(x_valid)
    aucs[name] = roc_auc_score(y_valid, y_hat)
    fpr, tpr, thresholds = roc_curve(y_valid, y_hat)

input_layer = Input(shape=(max_review_length,), dtype='int16', name='input')
drop_embed_layer = SpatialDropout1D(0.1, name='drop_embed')(Embedding(n_unique_words, n_dim, name='embedding')(input_layer))
branches = [GlobalMaxPooling1D(name='maxp_%d' % k)(Conv1D(8, k, activation='relu', name='conv_%d' % k)(drop_embed_layer))
            for k in (2, 3, 4)]
concat = concatenate(branches)
predictions = Dense(1, activation='sigmoid', name='output')(Dropout(0.1)(Dense(8, activation='relu', name='dense')(concat)))
model = Model(input_layer, predictions)
model.summary()
model.compile(loss='binary_crossentropy', optimizer=keras.optimizers.Adam(lr=0.01), metrics=['accuracy'])
model.fit(x_train, y_train, batch_size=batch_size, epochs=epochs, verbose=0, validation_data=(x_valid, y_valid))
aucs['multi_conv'] = roc_auc_score(y_valid, model.predict(x_valid))
print({name: round(float(auc), 3) for name, auc in aucs.items()})
assert all(auc > 0.75 for name, auc in aucs.items() if name != 'rnn'), aucs      # which forgets soon
