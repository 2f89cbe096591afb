# A Wasserstein GAN on points: a loss of one's own, a constraint of one's own that clips the critic's weights.
import numpy as np
from keras import backend
from keras.constraints import Constraint
from keras.initializers import RandomNormal
from keras.layers import BatchNormalization, Dense, LeakyReLU
from keras.models import Sequential
from keras.optimizers import RMSprop


class ClipConstraint(Constraint):
    def __init__(self, clip_value):
        self.clip_value = clip_value

    def __call__(self, weights):
        return backend.clip(weights, -self.clip_value, self.clip_value)

    def get_config(self):
        return {'clip_value': self.clip_value}


def wasserstein_loss(y_true, y_pred):
    return backend.mean(y_true * y_pred)


def define_critic():
    init = RandomNormal(stddev=0.02)
    const = ClipConstraint(0.01)
    model = Sequential()
    model.add(Dense(16, kernel_initializer=init, kernel_constraint=const, input_shape=(2,)))
    model.add(BatchNormalization())
    model.add(LeakyReLU(alpha=0.2))
    model.add(Dense(1))
    model.compile(loss=wasserstein_loss, optimizer=RMSprop(lr=0.005))
    return model


def define_generator(latent_dim):
    model = Sequential()
    model.add(Dense(16, kernel_initializer=RandomNormal(stddev=0.02), input_dim=latent_dim))
    model.add(LeakyReLU(alpha=0.2))
    model.add(Dense(2))
    return model


def define_gan(generator, critic):
    for layer in critic.layers:
        if not isinstance(layer, BatchNormalization):
            layer.trainable = False
    model = Sequential()
    model.add(generator)
    model.add(critic)
    model.compile(loss=wasserstein_loss, optimizer=RMSprop(lr=0.00005))
    return model


np.random.seed(0)
critic, generator = define_critic(), define_generator(3)
gan_model = define_gan(generator, critic)
c1, c2, g = [], [], []
for i in range(6):
    for _ in range(3):
        real = np.random.normal(2, .1, (16, 2))
        c1.append(critic.train_on_batch(real, -np.ones((16, 1))))
        fake = generator.predict(np.random.randn(16, 3), verbose=0)
        c2.append(critic.train_on_batch(fake, np.ones((16, 1))))
    frozen = critic.layers[0].get_weights()
    g.append(gan_model.train_on_batch(np.random.randn(16, 3), -np.ones((16, 1))))
    assert all((a == b).all() for a, b in zip(frozen, critic.layers[0].get_weights()))
print('c1=%.3f, c2=%.3f g=%.3f' % (c1[-1], c2[-1], g[-1]))
assert abs(critic.layers[0].get_weights()[0]).max() <= 0.01 + 1e-7
assert c1[-1] + c2[-1] < c1[0] + c2[0]      # it tells them apart better than at first
