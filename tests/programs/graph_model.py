# The Graph model of Keras 0.3: named inputs, nodes and outputs.
import numpy as np
from keras.models import Graph
from keras.layers.core import Dense, Dropout
from keras.layers.embeddings import Embedding

np.random.seed(0)
X_train, y_train = np.random.rand(60, 8), np.random.rand(60, 4)
graph = Graph()
graph.add_input(name='input', input_shape=(8,))
graph.add_node(Dense(16, activation='relu'), name='dense1', input='input')
graph.add_node(Dense(4), name='dense2', input='input')
graph.add_node(Dense(4), name='dense3', input='dense1')
graph.add_node(Dropout(0.1), name='drop', inputs=['dense1', 'dense3'], merge_mode='concat', concat_axis=-1)
graph.add_output(name='output', inputs=['dense2', 'dense3'], merge_mode='sum')
graph.add_output(name='side', input='drop')
graph.compile(optimizer='rmsprop', loss={'output': 'mse', 'side': 'mse'})
history = graph.fit({'input': X_train, 'output': y_train, 'side': np.zeros((60, 20))}, nb_epoch=5, verbose=0)
assert history.history['loss'][-1] < history.history['loss'][0]
predictions = graph.predict({'input': X_train})
assert set(predictions) == {'output', 'side'} and predictions['output'].shape == (60, 4)
loss = graph.evaluate({'input': X_train, 'output': y_train, 'side': np.zeros((60, 20))}, verbose=0)
loss = loss if np.isscalar(loss) else loss[0]
by_hand = np.mean((predictions['output'] - y_train) ** 2) + np.mean(predictions['side'] ** 2)
assert abs(loss - by_hand) < 1e-4
one = graph.train_on_batch({'input': X_train, 'output': y_train, 'side': np.zeros((60, 20))})
assert graph.nodes['dense1'].get_weights()[0].shape == (8, 16)
