# Cats and dogs in folders: ImageDataGenerator, flow_from_directory, fit_generator, predict_generator (Keras 1.2 / 2).
import os
import shutil
import tempfile
import numpy as np
from PIL import Image
from keras.preprocessing.image import ImageDataGenerator, array_to_img, img_to_array, load_img
from keras.models import Sequential
from keras.layers import Conv2D, MaxPooling2D
from keras.layers import Activation, Dropout, Flatten, Dense
from keras import backend as K

np.random.seed(0)
base = tempfile.mkdtemp()
for part, count in (('train', 16), ('validation', 8)):
    for colour, name in ((0, 'cats'), (2, 'dogs')):
        folder = os.path.join(base, part, name)
        os.makedirs(folder)
        for i in range(count):
            picture = np.random.randint(0, 90, (20, 24, 3))
            picture[..., colour] += 150
            Image.fromarray(picture.astype('uint8')).save(os.path.join(folder, '%s.%d.jpg' % (name, i)))

img_width, img_height = 16, 16
train_data_dir, validation_data_dir = os.path.join(base, 'train'), os.path.join(base, 'validation')
nb_train_samples, nb_validation_samples = 32, 16
epochs, batch_size = 4, 8

if K.image_data_format() == 'channels_first':
    input_shape = (3, img_width, img_height)
else:
    input_shape = (img_width, img_height, 3)

model = Sequential()
model.add(Conv2D(8, (3, 3), input_shape=input_shape))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(16))
model.add(Activation('relu'))
model.add(Dropout(0.2))
model.add(Dense(1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='rmsprop', metrics=['accuracy'])

train_datagen = ImageDataGenerator(rescale=1. / 255, shear_range=0.2, zoom_range=0.2, horizontal_flip=True)
test_datagen = ImageDataGenerator(rescale=1. / 255)
train_generator = train_datagen.flow_from_directory(train_data_dir, target_size=(img_width, img_height),
                                                    batch_size=batch_size, class_mode='binary')
validation_generator = test_datagen.flow_from_directory(validation_data_dir, target_size=(img_width, img_height),
                                                        batch_size=batch_size, class_mode='binary')
assert train_generator.class_indices == {'cats': 0, 'dogs': 1}
history = model.fit_generator(train_generator, steps_per_epoch=nb_train_samples // batch_size, epochs=epochs,
                              validation_data=validation_generator,
                              validation_steps=nb_validation_samples // batch_size, verbose=2)
assert history.history['val_acc'][-1] > 0.8, history.history
test_generator = test_datagen.flow_from_directory(validation_data_dir, target_size=(img_width, img_height),
                                                  batch_size=1, class_mode=None, shuffle=False)
predictions = model.predict_generator(test_generator, steps=len(test_generator.filenames))
assert predictions.shape == (16, 1)
assert ((predictions[:, 0] > .5) == (test_generator.classes == 1)).mean() > 0.8

img = load_img(os.path.join(train_data_dir, 'cats', 'cats.0.jpg'), target_size=(img_width, img_height))
x = img_to_array(img)
x = x.reshape((1,) + x.shape)
preview = os.path.join(base, 'preview')
os.makedirs(preview)
i = 0
for batch in train_datagen.flow(x, batch_size=1, save_to_dir=preview, save_prefix='cat', save_format='jpeg'):
    i += 1
    if i > 4:
        break
assert len(os.listdir(preview)) >= 5
shutil.rmtree(base)
