# What different first weights do to the activations of a layer: histograms, K.function in between, seeds.
import numpy as np
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt
import keras.initializers
from keras import backend as K
from keras.models import Sequential
from keras.layers import Dense, Activation
from keras.initializers import Zeros, RandomNormal, glorot_normal, glorot_uniform, he_normal, VarianceScaling, Constant

n_input, n_dense = 784, 256
np.random.seed(42)
x = np.random.random((1, n_input))
spreads = {}
for name, w_init in (('normal', RandomNormal(stddev=1.0)), ('glorot_normal', glorot_normal()),
                     ('glorot_uniform', glorot_uniform(seed=1)), ('he', he_normal(seed=2)), ('zeros', 'zeros'),
                     ('lecun', VarianceScaling(scale=1., mode='fan_in', distribution='normal', seed=3))):
    for activation in ('sigmoid', 'tanh', 'relu'):
        model = Sequential()
        model.add(Dense(n_dense, input_dim=n_input, kernel_initializer=w_init, bias_initializer=Zeros()))
        model.add(Activation(activation))
        a = model.predict(x)
        plt.figure()
        _ = plt.hist(np.transpose(a))
        plt.close()
        spreads[name, activation] = a.std()
assert spreads['normal', 'sigmoid'] > 0.4 and spreads['glorot_normal', 'sigmoid'] < 0.2
assert spreads['zeros', 'relu'] == 0
W = glorot_uniform(seed=1)((784, 256))
W = K.eval(W)
limit = np.sqrt(6 / (784 + 256.))
assert abs(W).max() <= limit and abs(W.std() - limit / np.sqrt(3)) < 1e-3
first, second = (Sequential([Dense(3, input_dim=2, kernel_initializer=RandomNormal(seed=5))]) for _ in range(2))
assert (first.get_weights()[0] == second.get_weights()[0]).all()

deep = Sequential([Dense(32, input_dim=16, activation='tanh', kernel_initializer=RandomNormal(stddev=0.01))])
for _ in range(4):
    deep.add(Dense(32, activation='tanh', kernel_initializer=RandomNormal(stddev=0.01)))
outputs = K.function([deep.layers[0].input], [layer.output for layer in deep.layers])([np.random.randn(50, 16)])
sizes = [np.std(o) for o in outputs]
print(sizes)
assert all(a > 5 * b for a, b in zip(sizes, sizes[1:]))     # they die away from layer to layer


def my_init(shape, dtype=None):
    return K.random_normal(shape, dtype=dtype) * 0 + 2


own = Sequential([Dense(2, input_dim=3, kernel_initializer=my_init, bias_initializer=Constant(0.5))])
assert (own.get_weights()[0] == 2).all() and (own.predict(np.ones((1, 3))) == 6.5).all()
