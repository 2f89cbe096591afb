# A U-Net with a Dice loss of one's own, Conv2DTranspose, crop and concatenate; masks of small discs.
import numpy as np
from keras.models import Model
from keras.layers import Input, concatenate, Conv2D, MaxPooling2D, Conv2DTranspose, Cropping2D, Dropout
from keras.optimizers import Adam
from keras import backend as K

K.set_image_data_format('channels_last')
np.random.seed(0)
img_rows = img_cols = 16
smooth = 1.


def dice_coef(y_true, y_pred):
    y_true_f = K.flatten(y_true)
    y_pred_f = K.flatten(y_pred)
    intersection = K.sum(y_true_f * y_pred_f)
    return (2. * intersection + smooth) / (K.sum(y_true_f) + K.sum(y_pred_f) + smooth)


def dice_coef_loss(y_true, y_pred):
    return -dice_coef(y_true, y_pred)


def get_unet():
    inputs = Input((img_rows, img_cols, 1))
    conv1 = Conv2D(6, (3, 3), activation='relu', padding='same')(inputs)
    conv1 = Conv2D(6, (3, 3), activation='relu', padding='same')(conv1)
    pool1 = MaxPooling2D(pool_size=(2, 2))(conv1)
    conv2 = Conv2D(12, (3, 3), activation='relu', padding='same')(pool1)
    conv2 = Dropout(0.1)(conv2)
    pool2 = MaxPooling2D(pool_size=(2, 2))(conv2)
    conv3 = Conv2D(16, (3, 3), activation='relu', padding='same')(pool2)
    up4 = concatenate([Conv2DTranspose(12, (2, 2), strides=(2, 2), padding='same')(conv3), conv2], axis=3)
    conv4 = Conv2D(12, (3, 3), activation='relu', padding='same')(up4)
    up5 = concatenate([Conv2DTranspose(6, (2, 2), strides=(2, 2), padding='same')(conv4), conv1], axis=3)
    conv5 = Conv2D(6, (3, 3), activation='relu', padding='same')(up5)
    conv6 = Conv2D(1, (1, 1), activation='sigmoid')(Cropping2D(((0, 0), (0, 0)))(conv5))
    model = Model(inputs=[inputs], outputs=[conv6])
    model.compile(optimizer=Adam(lr=1e-2), loss=dice_coef_loss, metrics=[dice_coef])
    return model


rows, cols = np.mgrid[:16, :16]
centres = np.random.randint(4, 12, (40, 2))
masks = np.stack([((rows - a) ** 2 + (cols - b) ** 2 < 10) for a, b in centres])[..., None].astype('float32')
images = masks * .6 + np.random.rand(40, 16, 16, 1).astype('float32') * .4
model = get_unet()
history = model.fit(images, masks, batch_size=8, epochs=6, verbose=0, shuffle=True, validation_split=0.2)
print(history.history['val_dice_coef'])
assert history.history['dice_coef'][-1] > history.history['dice_coef'][0] + 0.05
assert abs(history.history['loss'][-1] + history.history['dice_coef'][-1]) < 1e-2
from keras.models import load_model
model.save('/tmp/unet.h5')
again = load_model('/tmp/unet.h5', custom_objects={'dice_coef_loss': dice_coef_loss, 'dice_coef': dice_coef})
np.testing.assert_allclose(again.predict(images[:4]), model.predict(images[:4]), rtol=1e-5, atol=1e-6)
assert again.loss is not None
