# Branches in the functional API, old and new, with a loss for each output.
import numpy as np
from keras.layers import Concatenate, Dense, Flatten, Input, concatenate, merge
from keras.layers import Conv2D, MaxPooling2D
from keras.models import Model
from keras.utils.vis_utils import plot_model  # noqa: F401

image = Input(shape=(8, 8, 1), name="image")
numbers = Input(shape=(5,), name="numbers")
towers = [MaxPooling2D()(Conv2D(3, (k, k), padding="same", activation="relu")(image)) for k in (1, 3, 5)]
features = Flatten()(concatenate(towers, axis=3))
both = merge([features, Dense(6, activation="relu")(numbers)], mode="concat", concat_axis=1)
main = Dense(4, activation="softmax", name="main")(both)
side = Dense(1, name="side")(Concatenate()([both, main]))
model = Model(input=[image, numbers], output=[main, side])
model.compile(optimizer="adam", loss={"main": "categorical_crossentropy", "side": "mse"},
              loss_weights={"main": 1.0, "side": 0.2}, metrics={"main": ["accuracy"]})
a, b = np.random.rand(24, 8, 8, 1), np.random.rand(24, 5)
targets = {"main": np.eye(4)[np.random.randint(0, 4, 24)], "side": np.random.rand(24, 1)}
history = model.fit({"image": a, "numbers": b}, targets, nb_epoch=2, batch_size=8, verbose=0)
print(sorted(history.history))
assert "main_acc" in history.history and "side_loss" in history.history
features_model = Model(model.input, model.get_layer("main").output)
assert features_model.predict([a, b], verbose=0).shape == (24, 4)
