# How fast would each layer learn? The gradients of the loss by the weights, asked of the optimizer (Keras 2.2), in a
# callback at the end of each epoch.
import keras
import numpy as np
from keras import backend as K
from keras.layers import Dense
from keras.models import Sequential

np.random.seed(2)
X, Y = np.random.rand(60, 10), keras.utils.to_categorical(np.random.randint(0, 3, 60), 3)


class GradientNorms(keras.callbacks.Callback):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y, self.norms = x, y, []

    def on_train_begin(self, logs=None):
        weights = [w for w in self.model.trainable_weights if 'bias' not in w.name]
        gradients = self.model.optimizer.get_gradients(self.model.total_loss, weights)
        inputs = [self.model.inputs[0], self.model.sample_weights[0], self.model.targets[0], K.learning_phase()]
        self.get_gradients = K.function(inputs=inputs, outputs=gradients)

    def on_epoch_end(self, epoch, logs=None):
        found = self.get_gradients([self.x, np.ones(len(self.x)), self.y, 0])
        self.norms.append([np.linalg.norm(g) for g in found])
        self.last = found


model = Sequential()
model.add(Dense(12, activation='sigmoid', input_dim=10))
for _ in range(3):
    model.add(Dense(12, activation='sigmoid'))
model.add(Dense(3, activation='softmax'))
model.compile(optimizer=keras.optimizers.SGD(lr=0.1), loss='categorical_crossentropy')
watch = GradientNorms(X, Y)
model.fit(X, Y, epochs=3, batch_size=20, verbose=0, callbacks=[watch])
norms = np.array(watch.norms)
print(norms)
assert norms.shape == (3, 5)
assert norms[-1, 0] < 0.1 * norms[-1, -1]      # it vanishes on the way back
weights = model.layers[-1].get_weights()
place, step = (4, 1), 1e-2
ends = []
for move in (step, -step):
    moved = [w.copy() for w in weights]
    moved[0][place] += move
    model.layers[-1].set_weights(moved)
    ends.append(model.evaluate(X, Y, verbose=0, batch_size=60))
assert abs((ends[0] - ends[1]) / (2 * step) - watch.last[-1][place]) < 1e-3
