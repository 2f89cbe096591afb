'''Two recurrent branches merged (story and question), Keras 1.2 with Merge via layers.merge.'''
from __future__ import print_function
from functools import reduce
import re
import numpy as np
np.random.seed(1337)
from keras.utils.data_utils import get_file
from keras.layers.embeddings import Embedding
from keras.layers import Dense, Merge, Dropout, RepeatVector
from keras.layers import recurrent
from keras.models import Sequential
from keras.preprocessing.sequence import pad_sequences

def tokenize(sent):
    return [x.strip() for x in re.split('(\W+)', sent) if x.strip()]
names, places = ['Mary', 'John', 'Daniel'], ['kitchen', 'garden', 'office']
data = []
for i in range(300):
    a, b = np.random.choice(3, 2, replace=False)
    p, q = np.random.randint(0, 3, 2)
    data.append((tokenize('%s went to the %s. %s went to the %s.' % (names[a], places[p], names[b], places[q])),
                 tokenize('Where is %s?' % names[a]), places[p]))
vocab = sorted(reduce(lambda x, y: x | y, (set(s + q + [a]) for s, q, a in data)))
vocab_size = len(vocab) + 1
word_idx = dict((c, i + 1) for i, c in enumerate(vocab))
X = pad_sequences([[word_idx[w] for w in s] for s, q, a in data])
Xq = pad_sequences([[word_idx[w] for w in q] for s, q, a in data])
Y = np.zeros((len(data), vocab_size))
for i, (s, q, a) in enumerate(data):
    Y[i, word_idx[a]] = 1
story_maxlen, query_maxlen = X.shape[1], Xq.shape[1]
RNN = recurrent.LSTM
EMBED = 16
sentrnn = Sequential()
sentrnn.add(Embedding(vocab_size, EMBED, input_length=story_maxlen))
sentrnn.add(Dropout(0.3))
qrnn = Sequential()
qrnn.add(Embedding(vocab_size, EMBED, input_length=query_maxlen))
qrnn.add(Dropout(0.3))
qrnn.add(RNN(EMBED, return_sequences=False))
qrnn.add(RepeatVector(story_maxlen))
model = Sequential()
model.add(Merge([sentrnn, qrnn], mode='sum'))
model.add(RNN(EMBED, return_sequences=False))
model.add(Dropout(0.3))
model.add(Dense(vocab_size, activation='softmax'))
model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
print('Training')
model.fit([X, Xq], Y, batch_size=32, nb_epoch=5, validation_split=0.05)
loss, acc = model.evaluate([X, Xq], Y, batch_size=32)
print('Test loss / test accuracy = {:.4f} / {:.4f}'.format(loss, acc))
assert acc > .2
