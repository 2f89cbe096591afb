# Coursera: jazz improvisation with shared LSTM cell over time; face recognition's triplet loss
from __future__ import print_function
import numpy as np
from keras.models import load_model, Model
from keras.layers import Dense, Activation, Dropout, Input, LSTM, Reshape, Lambda, RepeatVector
from keras.initializers import glorot_uniform
from keras.utils import to_categorical
from keras.optimizers import Adam
from keras import backend as K
n_values, n_a, Tx, m = 10, 8, 6, 20
reshapor = Reshape((1, n_values))
LSTM_cell = LSTM(n_a, return_state = True)
densor = Dense(n_values, activation='softmax')
def djmodel(Tx, n_a, n_values):
    X = Input(shape=(Tx, n_values))
    a0 = Input(shape=(n_a,), name='a0')
    c0 = Input(shape=(n_a,), name='c0')
    a, c = a0, c0
    outputs = []
    for t in range(Tx):
        x = Lambda(lambda X: X[:,t,:])(X)
        x = reshapor(x)
        a, _, c = LSTM_cell(x, initial_state=[a, c])
        out = densor(a)
        outputs.append(out)
    return Model(inputs=[X,a0,c0],outputs=outputs)
model = djmodel(Tx, n_a, n_values)
model.compile(optimizer=Adam(lr=0.01, beta_1=0.9, beta_2=0.999, decay=0.01), loss='categorical_crossentropy', metrics=['accuracy'])
seq = np.arange(Tx + 1)[None] + np.random.randint(0, 10, (m, 1))
X = to_categorical(seq[:, :-1] % 10, 10); Y = to_categorical(seq[:, 1:] % 10, 10)
h = model.fit([X, np.zeros((m, n_a)), np.zeros((m, n_a))], list(Y.transpose(1, 0, 2)), epochs=15, verbose=0)
print(h.history['loss'][0], h.history['loss'][-1])
assert h.history['loss'][-1] < h.history['loss'][0]
def one_hot(x):
    x = K.argmax(x)
    x = K.one_hot(x, n_values)
    x = RepeatVector(1)(x)
    return x
def music_inference_model(LSTM_cell, densor, n_values=10, n_a=8, Ty=5):
    x0 = Input(shape=(1, n_values))
    a0 = Input(shape=(n_a,), name='a0')
    c0 = Input(shape=(n_a,), name='c0')
    a, c, x = a0, c0, x0
    outputs = []
    for t in range(Ty):
        a, _, c = LSTM_cell(x, initial_state=[a, c])
        out = densor(a)
        outputs.append(out)
        x = Lambda(one_hot)(out)
    return Model(inputs=[x0, a0, c0], outputs=outputs)
inf = music_inference_model(LSTM_cell, densor)
pred = inf.predict([np.eye(10)[None, None, 3], np.zeros((1, n_a)), np.zeros((1, n_a))])
indices = np.argmax(np.array(pred), axis=-1)
print(indices.ravel())
assert len(pred) == 5
def triplet_loss(y_true, y_pred, alpha = 0.2):
    anchor, positive, negative = y_pred[:, 0:4], y_pred[:, 4:8], y_pred[:, 8:12]
    pos_dist = K.sum(K.square(anchor - positive), axis=-1)
    neg_dist = K.sum(K.square(anchor - negative), axis=-1)
    basic_loss = pos_dist - neg_dist + alpha
    return K.sum(K.maximum(basic_loss, 0.0))
from keras.layers import concatenate
base_in = Input((6,)); base = Model(base_in, Lambda(lambda x: K.l2_normalize(x, axis=1))(Dense(4)(base_in)))
ins = [Input((6,)) for _ in range(3)]
t = Model(ins, concatenate([base(i) for i in ins]))
t.compile(optimizer='adam', loss=triplet_loss)
a = np.random.rand(32, 6)
h = t.fit([a, a + .01, np.random.rand(32, 6)], np.zeros((32, 12)), epochs=5, verbose=0)
assert h.history['loss'][-1] <= h.history['loss'][0]
