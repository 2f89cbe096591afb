# Basic classification with tf.keras 2: probability model, plots, tf.random.set_seed, a look at devices.
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers, models
import numpy as np
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

print("TensorFlow", tf.__version__, "GPUs:", len(tf.config.list_physical_devices('GPU')), tf.test.gpu_device_name())
gpus = tf.config.experimental.list_physical_devices('GPU')
for gpu in gpus:
    tf.config.experimental.set_memory_growth(gpu, True)
tf.random.set_seed(42)
np.random.seed(42)
class_names = ['top', 'bottom', 'left']
labels = np.random.randint(0, 3, 240)
images = np.random.randint(0, 100, (240, 10, 10)).astype('uint8')
for image, label in zip(images, labels):
    part = [image[:4], image[6:], image[:, :4]][label]
    part += 100
train_images, test_images = images[:200] / 255.0, images[200:] / 255.0
train_labels, test_labels = labels[:200], labels[200:]
plt.figure()
plt.imshow(train_images[0]); plt.colorbar(); plt.grid(False)
plt.show()

model = tf.keras.Sequential([
    tf.keras.layers.Flatten(input_shape=(10, 10)),
    tf.keras.layers.Dense(32, activation='relu'),
    tf.keras.layers.Dense(3)
])
model.compile(optimizer='adam', loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=['accuracy'])
model.fit(train_images, train_labels, epochs=8, verbose=0)
test_loss, test_acc = model.evaluate(test_images, test_labels, verbose=2)
print('\nTest accuracy:', test_acc)
assert test_acc > 0.8
probability_model = tf.keras.Sequential([model, tf.keras.layers.Softmax()])
predictions = probability_model.predict(test_images)
np.testing.assert_allclose(predictions.sum(axis=1), 1, rtol=1e-5)
assert (np.argmax(predictions, axis=1) == np.argmax(model.predict(test_images), axis=1)).all()
np.testing.assert_allclose(tf.nn.softmax(model(test_images[:3])).numpy(), predictions[:3], rtol=1e-4)
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
value = loss_fn(test_labels[:5], model(test_images[:5])).numpy()
assert abs(value + np.log(predictions[np.arange(5), test_labels[:5]]).mean()) < 1e-4
img = np.expand_dims(test_images[1], 0)
assert class_names[np.argmax(probability_model.predict(img)[0])] in class_names
plt.bar(range(3), predictions[1]); plt.show()
