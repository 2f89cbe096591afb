# Keras 1's Merge of two models, initial weights compared, and custom layers' weights by K.function.
import keras.backend as K
import numpy as np
from keras.layers import Dense, Merge
from keras.models import Sequential

left, right = Sequential(), Sequential()
left.add(Dense(4, input_dim=3, activation="tanh"))
right.add(Dense(4, input_dim=2, activation="tanh"))
model = Sequential()
model.add(Merge([left, right], mode="concat"))
model.add(Dense(1, init="normal", activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="rmsprop", class_mode="binary")
a, b, y = np.random.rand(20, 3), np.random.rand(20, 2), np.random.randint(0, 2, 20)
model.fit([a, b], y, nb_epoch=2, verbose=0)
print(model.predict([a, b], verbose=0).shape)

for init in ("zero", "one", "uniform", "normal", "lecun_uniform", "glorot_normal", "he_normal", "orthogonal"):
    net = Sequential()
    net.add(Dense(8, init=init, input_shape=(8,)))
    net.add(Dense(2, kernel_initializer=init, activation="softmax"))
    print(init, "%.3f" % np.std(net.layers[0].get_weights()[0]))
inner = K.function([net.input, K.learning_phase()], [net.layers[0].output])
assert inner([np.ones((2, 8)), 0])[0].shape == (2, 8)
