# Image translation: U-Net generator, PatchGAN with two inputs, composite with loss weights
from numpy import load, zeros, ones, savez_compressed
import numpy as np
from numpy.random import randint
from keras.optimizers import Adam
from keras.initializers import RandomNormal
from keras.models import Model, Input
from keras.layers import Conv2D, Conv2DTranspose, LeakyReLU, Activation, Concatenate, Dropout, BatchNormalization
def define_discriminator(image_shape):
    init = RandomNormal(stddev=0.02)
    in_src_image = Input(shape=image_shape)
    in_target_image = Input(shape=image_shape)
    merged = Concatenate()([in_src_image, in_target_image])
    d = Conv2D(8, (4,4), strides=(2,2), padding='same', kernel_initializer=init)(merged)
    d = LeakyReLU(alpha=0.2)(d)
    d = Conv2D(8, (4,4), padding='same', kernel_initializer=init)(d)
    d = BatchNormalization()(d)
    d = LeakyReLU(alpha=0.2)(d)
    d = Conv2D(1, (4,4), padding='same', kernel_initializer=init)(d)
    patch_out = Activation('sigmoid')(d)
    model = Model([in_src_image, in_target_image], patch_out)
    model.compile(loss='binary_crossentropy', optimizer=Adam(lr=0.0002, beta_1=0.5), loss_weights=[0.5])
    return model
def define_generator(image_shape):
    init = RandomNormal(stddev=0.02)
    in_image = Input(shape=image_shape)
    e1 = LeakyReLU(alpha=0.2)(Conv2D(8, (4,4), strides=(2,2), padding='same', kernel_initializer=init)(in_image))
    g = Conv2D(8, (4,4), strides=(2,2), padding='same', kernel_initializer=init)(e1)
    g = BatchNormalization()(g, training=True)
    b = Activation('relu')(g)
    g = Conv2DTranspose(8, (4,4), strides=(2,2), padding='same', kernel_initializer=init)(b)
    g = BatchNormalization()(g, training=True)
    g = Dropout(0.5)(g, training=True)
    g = Concatenate()([g, e1])
    g = Activation('relu')(g)
    g = Conv2DTranspose(3, (4,4), strides=(2,2), padding='same', kernel_initializer=init)(g)
    return Model(in_image, Activation('tanh')(g))
def define_gan(g_model, d_model, image_shape):
    for layer in d_model.layers:
        if not isinstance(layer, BatchNormalization):
            layer.trainable = False
    in_src = Input(shape=image_shape)
    gen_out = g_model(in_src)
    dis_out = d_model([in_src, gen_out])
    model = Model(in_src, [dis_out, gen_out])
    model.compile(loss=['binary_crossentropy', 'mae'], optimizer=Adam(lr=0.0002, beta_1=0.5), loss_weights=[1,100])
    return model
savez_compressed('maps_256.npz', np.random.randint(0, 255, (8, 16, 16, 3)), np.random.randint(0, 255, (8, 16, 16, 3)))
data = load('maps_256.npz')
X1, X2 = (data['arr_0'] - 127.5) / 127.5, (data['arr_1'] - 127.5) / 127.5
d_model, g_model = define_discriminator((16, 16, 3)), define_generator((16, 16, 3))
gan_model = define_gan(g_model, d_model, (16, 16, 3))
n_patch = d_model.output_shape[1]
for i in range(3):
    ix = randint(0, 8, 2)
    X_realA, X_realB, y_real = X1[ix], X2[ix], ones((2, n_patch, n_patch, 1))
    X_fakeB, y_fake = g_model.predict(X_realA), zeros((2, n_patch, n_patch, 1))
    d_loss1 = d_model.train_on_batch([X_realA, X_realB], y_real)
    d_loss2 = d_model.train_on_batch([X_realA, X_fakeB], y_fake)
    g_loss, a, b = gan_model.train_on_batch(X_realA, [y_real, X_realB])
    print('>%d, d1[%.3f] d2[%.3f] g[%.3f]' % (i+1, d_loss1, d_loss2, g_loss))
    assert abs(g_loss - (a + 100 * b)) < 1e-2
    assert n_patch == 8
p, q = g_model.predict(X1[:1]), g_model.predict(X1[:1])
assert (p != q).any(), 'dropout stays on'
