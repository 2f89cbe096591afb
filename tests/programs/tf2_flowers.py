# Pictures from folders with tf.keras 2.x: image_dataset_from_directory, Rescaling and augmentation as layers, prefetch.
import os
import pathlib
import tempfile
import numpy as np
import PIL
import PIL.Image
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.models import Sequential

tf.random.set_seed(0)
np.random.seed(0)
data_dir = pathlib.Path(tempfile.mkdtemp())
for k, name in enumerate(['daisy', 'roses', 'tulips']):
    (data_dir / name).mkdir()
    for i in range(16):
        picture = np.random.randint(0, 80, (18, 18, 3)).astype('uint8')
        picture[..., k] += 150
        PIL.Image.fromarray(picture).save(str(data_dir / name / ('%d.png' % i)))
image_count = len(list(data_dir.glob('*/*.png')))
assert image_count == 48
batch_size, img_height, img_width = 8, 16, 16
common = dict(validation_split=0.25, seed=123, image_size=(img_height, img_width), batch_size=batch_size)
train_ds = tf.keras.preprocessing.image_dataset_from_directory(str(data_dir), subset="training", **common)
val_ds = tf.keras.utils.image_dataset_from_directory(str(data_dir), subset="validation", **common)
class_names = train_ds.class_names
assert class_names == ['daisy', 'roses', 'tulips']
for image_batch, labels_batch in train_ds:
    assert image_batch.shape == (8, 16, 16, 3) and labels_batch.shape == (8,)
    break
AUTOTUNE = tf.data.AUTOTUNE
train_ds = train_ds.cache().shuffle(1000).prefetch(buffer_size=AUTOTUNE)
val_ds = val_ds.cache().prefetch(buffer_size=AUTOTUNE)
normalization_layer = layers.experimental.preprocessing.Rescaling(1. / 255)
normalized_ds = val_ds.map(lambda x, y: (normalization_layer(x), y))
image_batch, labels_batch = next(iter(normalized_ds))
assert 0 <= np.min(image_batch[0]) and np.max(image_batch[0]) <= 1
data_augmentation = keras.Sequential([
    layers.RandomFlip("horizontal", input_shape=(img_height, img_width, 3)),
    layers.RandomRotation(0.1),
    layers.RandomZoom(0.1),
])
model = Sequential([
    data_augmentation,
    layers.Rescaling(1. / 255),
    layers.Conv2D(8, 3, padding='same', activation='relu'),
    layers.MaxPooling2D(),
    layers.Flatten(),
    layers.Dropout(0.2),
    layers.Dense(3)
])
model.compile(optimizer='adam', loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=['accuracy'])
history = model.fit(train_ds, validation_data=val_ds, epochs=6, verbose=2)
assert history.history['val_accuracy'][-1] > 0.8
img = tf.keras.utils.load_img(str(data_dir / 'roses' / '0.png'), target_size=(img_height, img_width))
img_array = tf.expand_dims(tf.keras.utils.img_to_array(img), 0)
score = tf.nn.softmax(model.predict(img_array)[0])
print("{} with {:.2f} percent".format(class_names[np.argmax(score)], 100 * np.max(score)))
assert class_names[np.argmax(score)] == 'roses'
np.testing.assert_allclose(model.predict(img_array), model.predict(img_array))     # nothing is turned when it predicts
