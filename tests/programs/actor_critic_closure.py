# PPO-like loss with K.minimum and K.exp in a closure over plain numbers; and a Huber loss built from K.switch.
import numpy as np
from tensorflow.keras import backend as K
from tensorflow.keras.layers import Dense
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam

np.random.seed(0)
ENTROPY_LOSS, CLIPPING = 1e-3, 0.2


def proximal(advantage, old):
    def loss(y_true, y_pred):
        prob = K.sum(y_true * y_pred, axis=-1)
        old_prob = K.sum(y_true * old, axis=-1)
        r = prob / (old_prob + 1e-10)
        return -K.mean(K.minimum(r * advantage, K.clip(r, 1 - CLIPPING, 1 + CLIPPING) * advantage)
                       + ENTROPY_LOSS * -K.sum(y_pred * K.log(y_pred + 1e-10), axis=-1))
    return loss


def huber_loss(y_true, y_pred, clip_delta=1.0):
    error = y_true - y_pred
    cond = K.abs(error) < clip_delta
    squared_loss = 0.5 * K.square(error)
    linear_loss = clip_delta * (K.abs(error) - 0.5 * clip_delta)
    return K.mean(K.switch(cond, squared_loss, linear_loss))


states = np.random.rand(32, 5).astype('float32')
actions = np.eye(3)[np.random.randint(0, 3, 32)].astype('float32')
old = np.full((32, 3), 1 / 3, 'float32')
advantage = np.where(actions[:, 0] == 1, 1., -1.).astype('float32')
actor = Sequential([Dense(12, input_shape=(5,), activation='tanh'), Dense(3, activation='softmax')])
actor.compile(Adam(learning_rate=0.01), loss=proximal(advantage, old))
before = actor.predict(states, verbose=0)[:, 0].mean()
for _ in range(30):
    value = actor.train_on_batch(states, actions)
assert actor.predict(states, verbose=0)[:, 0].mean() > before + 0.05

critic = Sequential([Dense(12, input_shape=(5,), activation='relu'), Dense(1)])
critic.compile('adam', loss=huber_loss, metrics=['mse'])
history = critic.fit(states, 3 * states.sum(axis=1), epochs=3, verbose=0)
ours = float(huber_loss(np.array([[0.], [3.]]), np.array([[.5], [0.]])))
assert abs(ours - (0.125 + 2.5) / 2) < 1e-6
assert history.history['loss'][-1] < history.history['loss'][0]
