# An agent that learns to walk to the right end of a corridor, in the manner of a DQN.
import random
from collections import deque

import numpy as np
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import Adam


class Agent:
    def __init__(self, state_size, action_size):
        self.action_size, self.memory = action_size, deque(maxlen=200)
        self.gamma, self.epsilon = 0.95, 1.0
        self.model, self.target = self.build(state_size), self.build(state_size)
        self.target.set_weights(self.model.get_weights())

    def build(self, state_size):
        model = Sequential()
        model.add(Dense(16, input_dim=state_size, activation="relu"))
        model.add(Dense(self.action_size, activation="linear"))
        model.compile(loss="mse", optimizer=Adam(lr=0.01))
        return model

    def act(self, state):
        if np.random.rand() <= self.epsilon:
            return random.randrange(self.action_size)
        return int(np.argmax(self.model.predict(state, verbose=0)[0]))

    def replay(self, size):
        for state, action, reward, following, done in random.sample(self.memory, size):
            target = self.model.predict(state, verbose=0)
            best = np.amax(self.target.predict(following, verbose=0)[0])
            target[0][action] = reward if done else reward + self.gamma * best
            self.model.fit(state, target, epochs=1, verbose=0)
        self.epsilon *= 0.9


def one_hot(place):
    return np.eye(5)[place:place + 1]


agent = Agent(5, 2)
for episode in range(3):
    place = 0
    for _ in range(20):
        state = one_hot(place)
        action = agent.act(state)
        place = min(max(place + (1 if action else -1), 0), 4)
        done = place == 4
        agent.memory.append((state, action, float(done), one_hot(place), done))
        if done:
            break
    if len(agent.memory) > 8:
        agent.replay(8)
    agent.target.set_weights(agent.model.get_weights())
    print("episode", episode, "epsilon %.2f" % agent.epsilon)
