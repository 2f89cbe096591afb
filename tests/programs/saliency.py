# What does a convolutional net look at? K.gradients by the picture, Grad-CAM by the last convolution, and a picture
# that a filter likes, climbed step by step (the book of 2017).
import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, MaxPooling2D
from keras.models import Sequential

np.random.seed(0)
labels = np.arange(80) % 2
x = np.random.rand(80, 12, 12, 1) * .3
x[labels == 0, :6] += .6
x[labels == 1, 6:] += .6
model = Sequential()
model.add(Conv2D(4, (3, 3), activation='relu', input_shape=(12, 12, 1), name='block1_conv1'))
model.add(MaxPooling2D((2, 2)))
model.add(Conv2D(6, (3, 3), activation='relu', name='block2_conv1'))
model.add(Flatten())
model.add(Dense(2, activation='softmax'))
model.compile('adam', 'categorical_crossentropy', metrics=['accuracy'])
model.fit(x, np.eye(2)[labels], epochs=6, batch_size=8, verbose=0)

# saliency
class_output = model.output[:, 0]
grads = K.gradients(class_output, model.input)[0]
saliency = K.function([model.input, K.learning_phase()], [grads])
found = saliency([x[:4], 0])[0]
assert found.shape == (4, 12, 12, 1)
step = 1e-2
for place in ((0, 2, 3, 0), (1, 8, 5, 0)):
    more, less = x[:4].copy(), x[:4].copy()
    more[place] += step
    less[place] -= step
    slope = (model.predict(more)[place[0], 0] - model.predict(less)[place[0], 0]) / (2 * step)
    assert abs(slope - found[place]) < 1e-3, (slope, found[place])
assert found[0, :6].mean() > found[0, 6:].mean()      # more ink above speaks for class 0

# Grad-CAM
last_conv_layer = model.get_layer('block2_conv1')
grads = K.gradients(model.output[:, 1], last_conv_layer.output)[0]
pooled_grads = K.mean(grads, axis=(0, 1, 2))
iterate = K.function([model.input], [pooled_grads, last_conv_layer.output[0]])
pooled_grads_value, conv_layer_output_value = iterate([x[1:2]])
assert pooled_grads_value.shape == (6,) and conv_layer_output_value.shape == (3, 3, 6)
heatmap = np.maximum(np.mean(conv_layer_output_value * pooled_grads_value, axis=-1), 0)
assert heatmap.shape == (3, 3)

# a picture that filter 0 likes
layer_output = model.get_layer('block1_conv1').output
loss = K.mean(layer_output[:, :, :, 0])
grads = K.gradients(loss, model.input)[0]
grads /= (K.sqrt(K.mean(K.square(grads))) + 1e-5)
iterate = K.function([model.input], [loss, grads])
picture = np.random.random((1, 12, 12, 1))
first = iterate([picture])[0]
for i in range(10):
    loss_value, grads_value = iterate([picture])
    picture += grads_value * .1
assert loss_value > first
