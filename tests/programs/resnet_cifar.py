"""A small ResNet with LearningRateScheduler, ReduceLROnPlateau, ModelCheckpoint and real-time augmentation (Keras 2.2)."""
from __future__ import print_function
import keras
from keras.layers import Dense, Conv2D, BatchNormalization, Activation
from keras.layers import AveragePooling2D, Input, Flatten
from keras.optimizers import Adam
from keras.callbacks import ModelCheckpoint, LearningRateScheduler
from keras.callbacks import ReduceLROnPlateau
from keras.preprocessing.image import ImageDataGenerator
from keras.regularizers import l2
from keras import backend as K
from keras.models import Model
import numpy as np
import os
import tempfile

np.random.seed(0)
num_classes, batch_size, epochs = 3, 16, 2
y = np.random.randint(0, num_classes, (64, 1))
x = np.random.rand(64, 12, 12, 3).astype('float32') * .3
x[np.arange(64), :, :, y[:, 0]] += .5
x_train_mean = np.mean(x, axis=0)
x -= x_train_mean
y = keras.utils.to_categorical(y, num_classes)


def lr_schedule(epoch):
    lr = 1e-2
    if epoch > 0:
        lr *= 1e-1
    print('Learning rate: ', lr)
    return lr


def resnet_layer(inputs, num_filters=4, kernel_size=3, strides=1, activation='relu', batch_normalization=True,
                 conv_first=True):
    conv = Conv2D(num_filters, kernel_size=kernel_size, strides=strides, padding='same',
                  kernel_initializer='he_normal', kernel_regularizer=l2(1e-4))
    x = inputs
    if conv_first:
        x = conv(x)
        if batch_normalization:
            x = BatchNormalization()(x)
        if activation is not None:
            x = Activation(activation)(x)
    return x


def resnet_v1(input_shape, depth, num_classes=10):
    num_filters = 4
    num_res_blocks = int((depth - 2) / 6)
    inputs = Input(shape=input_shape)
    x = resnet_layer(inputs=inputs)
    for stack in range(2):
        for res_block in range(num_res_blocks):
            strides = 2 if stack > 0 and res_block == 0 else 1
            y = resnet_layer(inputs=x, num_filters=num_filters, strides=strides)
            y = resnet_layer(inputs=y, num_filters=num_filters, activation=None)
            if stack > 0 and res_block == 0:
                x = resnet_layer(inputs=x, num_filters=num_filters, kernel_size=1, strides=strides, activation=None,
                                 batch_normalization=False)
            x = keras.layers.add([x, y])
            x = Activation('relu')(x)
        num_filters *= 2
    x = AveragePooling2D(pool_size=6)(x)
    y = Flatten()(x)
    outputs = Dense(num_classes, activation='softmax', kernel_initializer='he_normal')(y)
    return Model(inputs=inputs, outputs=outputs)


model = resnet_v1(input_shape=x.shape[1:], depth=8, num_classes=num_classes)
model.compile(loss='categorical_crossentropy', optimizer=Adam(lr=lr_schedule(0)), metrics=['accuracy'])
filepath = os.path.join(tempfile.mkdtemp(), 'cifar10_model.{epoch:03d}.h5')
checkpoint = ModelCheckpoint(filepath=filepath, monitor='val_acc', verbose=1, save_best_only=True)
lr_scheduler = LearningRateScheduler(lr_schedule)
lr_reducer = ReduceLROnPlateau(factor=np.sqrt(0.1), cooldown=0, patience=5, min_lr=0.5e-6)
callbacks = [checkpoint, lr_reducer, lr_scheduler]
datagen = ImageDataGenerator(featurewise_center=False, samplewise_center=False, featurewise_std_normalization=False,
                             zca_whitening=False, zca_epsilon=1e-06, rotation_range=0, width_shift_range=0.1,
                             height_shift_range=0.1, shear_range=0., zoom_range=0., channel_shift_range=0.,
                             fill_mode='nearest', cval=0., horizontal_flip=True, vertical_flip=False, rescale=None,
                             preprocessing_function=None, data_format=None, validation_split=0.0)
datagen.fit(x)
history = model.fit_generator(datagen.flow(x, y, batch_size=batch_size), validation_data=(x, y), epochs=epochs,
                              verbose=2, workers=4, callbacks=callbacks)
np.testing.assert_allclose(history.history['lr'], [1e-2, 1e-3], rtol=1e-6)
assert np.isclose(K.get_value(model.optimizer.lr), 1e-3)
scores = model.evaluate(x, y, verbose=0)
saved = keras.models.load_model(filepath.format(epoch=1))
assert saved.evaluate(x, y, verbose=0)[1] == history.history['val_acc'][0]
assert scores[1] > 1 / 3.
