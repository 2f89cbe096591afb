# Policy gradients: a loss closure over the rewards, train_on_batch, K.log and K.clip; a corridor to walk.
import numpy as np
import keras.backend as K
from keras.layers import Dense, Input
from keras.models import Model, Sequential
from keras.optimizers import Adam

np.random.seed(1)


class Agent(object):
    def __init__(self, alpha, gamma=0.95, n_actions=2, layer1_size=16, input_dims=4):
        self.gamma, self.n_actions, self.input_dims = gamma, n_actions, input_dims
        self.lr = alpha
        self.state_memory, self.action_memory, self.reward_memory = [], [], []
        self.policy, self.predict = self.build_policy_network(layer1_size)
        self.action_space = [i for i in range(n_actions)]

    def build_policy_network(self, fc1_dims):
        input = Input(shape=(self.input_dims,))
        advantages = Input(shape=[1])
        dense1 = Dense(fc1_dims, activation='relu')(input)
        probs = Dense(self.n_actions, activation='softmax')(dense1)

        def custom_loss(y_true, y_pred):
            out = K.clip(y_pred, 1e-8, 1 - 1e-8)
            log_lik = y_true * K.log(out)
            return K.sum(-log_lik * advantages)

        policy = Model(inputs=[input, advantages], outputs=[probs])
        policy.compile(optimizer=Adam(lr=self.lr), loss=custom_loss)
        predict = Model(inputs=[input], outputs=[probs])
        return policy, predict

    def choose_action(self, observation):
        probabilities = self.predict.predict(observation[np.newaxis, :], verbose=0)[0]
        return np.random.choice(self.action_space, p=probabilities / probabilities.sum())

    def learn(self):
        actions = np.zeros([len(self.action_memory), self.n_actions])
        actions[np.arange(len(self.action_memory)), self.action_memory] = 1
        G, total = np.zeros(len(self.reward_memory)), 0
        for t in reversed(range(len(G))):
            total = self.reward_memory[t] + self.gamma * total
            G[t] = total
        G = (G - G.mean()) / (G.std() or 1)
        cost = self.policy.train_on_batch([np.array(self.state_memory), G], actions)
        self.state_memory, self.action_memory, self.reward_memory = [], [], []
        return cost


agent = Agent(alpha=0.02)
right = []
for episode in range(12):
    for _ in range(20):
        state = np.random.rand(4)
        action = agent.choose_action(state)
        agent.state_memory.append(state)
        agent.action_memory.append(action)
        agent.reward_memory.append(1. if action == 1 else 0.)
    right.append(np.mean(agent.action_memory))
    cost = agent.learn()
assert np.isfinite(cost)
print(right)
