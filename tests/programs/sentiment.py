# Sentiment: words as numbers, an Embedding, a convolution, an LSTM.
import numpy as np
from keras.layers import LSTM, Conv1D, Dense, Dropout, GlobalMaxPooling1D, SpatialDropout1D
from keras.layers.embeddings import Embedding
from keras.models import Sequential
from keras.preprocessing.sequence import pad_sequences
from keras.preprocessing.text import Tokenizer

texts = ["a fine film", "what a bore", "fine acting and a fine plot", "a bore from start to end"] * 8
labels = np.array([1, 0, 1, 0] * 8)
tokenizer = Tokenizer(num_words=20)
tokenizer.fit_on_texts(texts)
x = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=6)

for recurrent in (False, True):
    model = Sequential()
    model.add(Embedding(20, 8, input_length=6))
    model.add(SpatialDropout1D(0.1))
    if recurrent:
        model.add(LSTM(8, dropout=0.1, recurrent_dropout=0.1))
    else:
        model.add(Conv1D(8, 3, activation="relu"))
        model.add(GlobalMaxPooling1D())
    model.add(Dropout(0.1))
    model.add(Dense(1, activation="sigmoid"))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x, labels, epochs=3, batch_size=8, validation_data=(x, labels), verbose=0)
    print(history.history["val_accuracy"], (model.predict(x) > 0.5).astype("int32").shape)
