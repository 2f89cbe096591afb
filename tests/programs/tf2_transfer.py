# Transfer learning with tf.keras: VGG16 without its top and without weights from the net, frozen, then fine-tuned.
import os
import tempfile
import numpy as np
import tensorflow as tf
from tensorflow.keras.applications import VGG16
from tensorflow.keras.applications.vgg16 import preprocess_input
from tensorflow.keras.layers import Dense, Dropout, GlobalAveragePooling2D
from tensorflow.keras.models import Model, Sequential, load_model
from tensorflow.keras.optimizers import Adam

tf.random.set_seed(0)
np.random.seed(0)
conv_base = VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
for layer in conv_base.layers:
    layer.trainable = False
x = GlobalAveragePooling2D()(conv_base.output)
x = Dense(8, activation='relu', name='fc')(x)
x = Dropout(0.3)(x)
predictions = Dense(2, activation='softmax')(x)
model = Model(inputs=conv_base.input, outputs=predictions)
assert len(model.trainable_weights) == 4
model.compile(optimizer=Adam(learning_rate=1e-3), loss='categorical_crossentropy', metrics=['accuracy'])
images = preprocess_input(np.random.randint(0, 255, (6, 32, 32, 3)).astype('float32'))
targets = tf.keras.utils.to_categorical(np.arange(6) % 2, 2)
first = conv_base.layers[1].get_weights()[0]
top = model.get_layer('fc').get_weights()[0]
model.fit(images, targets, epochs=1, batch_size=3, verbose=0)
assert (conv_base.layers[1].get_weights()[0] == first).all()
assert (model.get_layer('fc').get_weights()[0] != top).any()

set_trainable = False
for layer in conv_base.layers:
    if layer.name == 'block5_conv1':
        set_trainable = True
    layer.trainable = set_trainable
model.compile(optimizer=Adam(1e-3), loss='categorical_crossentropy')
assert len(model.trainable_weights) == 10
deep = conv_base.get_layer('block5_conv3').get_weights()[0]
model.train_on_batch(images, targets)
assert (conv_base.get_layer('block5_conv3').get_weights()[0] != deep).any()
assert (conv_base.layers[1].get_weights()[0] == first).all()
