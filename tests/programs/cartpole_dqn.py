# A DQN agent as the courses have it: remember, act, train with minibatches, save and load the weights, a small world
# in the place of gym's.
import os
import random
import tempfile
from collections import deque

import numpy as np
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import Adam


class World:
    """A ball on a beam; left or right; it is over when the ball falls."""

    def reset(self):
        self.state = np.random.uniform(-0.05, 0.05, 4)
        self.steps = 0
        return self.state

    def step(self, action):
        x, v, a, w = self.state
        w += (1 if action else -1) * 0.02
        self.state = np.array([x + v, v + a * 0.1, a + w, w])
        self.steps += 1
        done = abs(self.state[2]) > 0.3 or self.steps >= 30
        return self.state, 1.0, done, {}


env = World()
np.random.seed(0); random.seed(0)
state_size, action_size, batch_size, n_episodes = 4, 2, 8, 5
output_dir = os.path.join(tempfile.mkdtemp(), 'model_output/cartpole/')
if not os.path.exists(output_dir):
    os.makedirs(output_dir)


class DQNAgent:
    def __init__(self, state_size, action_size):
        self.state_size = state_size
        self.action_size = action_size
        self.memory = deque(maxlen=2000)
        self.gamma = 0.95
        self.epsilon = 1.0
        self.epsilon_decay = 0.99
        self.epsilon_min = 0.01
        self.learning_rate = 0.001
        self.model = self._build_model()

    def _build_model(self):
        model = Sequential()
        model.add(Dense(32, activation='relu', input_dim=self.state_size))
        model.add(Dense(32, activation='relu'))
        model.add(Dense(self.action_size, activation='linear'))
        model.compile(loss='mse', optimizer=Adam(lr=self.learning_rate))
        return model

    def remember(self, state, action, reward, next_state, done):
        self.memory.append((state, action, reward, next_state, done))

    def train(self, batch_size):
        minibatch = random.sample(self.memory, batch_size)
        for state, action, reward, next_state, done in minibatch:
            target = reward
            if not done:
                target = (reward + self.gamma * np.amax(self.model.predict(next_state)[0]))
            target_f = self.model.predict(state)
            target_f[0][action] = target
            self.model.fit(state, target_f, epochs=1, verbose=0)
        if self.epsilon > self.epsilon_min:
            self.epsilon *= self.epsilon_decay

    def act(self, state):
        if np.random.rand() <= self.epsilon:
            return random.randrange(self.action_size)
        act_values = self.model.predict(state)
        return np.argmax(act_values[0])

    def save(self, name):
        self.model.save_weights(name)

    def load(self, name):
        self.model.load_weights(name)


agent = DQNAgent(state_size, action_size)
for e in range(n_episodes):
    state = np.reshape(env.reset(), [1, state_size])
    done = False
    time = 0
    while not done:
        action = agent.act(state)
        next_state, reward, done, _ = env.step(action)
        reward = reward if not done else -10
        next_state = np.reshape(next_state, [1, state_size])
        agent.remember(state, action, reward, next_state, done)
        state = next_state
        if done:
            print("episode: {}/{}, score: {}, e: {:.2}".format(e, n_episodes - 1, time, agent.epsilon))
        time += 1
    if len(agent.memory) > batch_size:
        agent.train(batch_size)
    if e % 2 == 0:
        agent.save(output_dir + "weights_" + "{:04d}".format(e) + ".hdf5")
assert sorted(os.listdir(output_dir)) == ['weights_0000.hdf5', 'weights_0002.hdf5', 'weights_0004.hdf5']
probe = np.ones((1, 4))
said = agent.model.predict(probe)
other = DQNAgent(state_size, action_size)
other.load(output_dir + "weights_0004.hdf5")
assert (other.model.predict(probe) == said).all() and agent.epsilon < 1
