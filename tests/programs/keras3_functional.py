# Keras 3, functional: residual text-and-numbers model, EarlyStopping with the best weights, exponential decay, export.
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(3)
num_tags, num_words, num_departments = 6, 50, 3
title = keras.Input(shape=(None,), name="title")
body = keras.Input(shape=(None,), name="body")
tags = keras.Input(shape=(num_tags,), name="tags")
title_features = layers.LSTM(8)(layers.Embedding(num_words, 8)(title))
body_features = layers.LSTM(4)(layers.Embedding(num_words, 8)(body))
x = layers.concatenate([title_features, body_features, tags])
h = layers.Dense(18, activation="relu")(x)
x = layers.add([x, h])
x = layers.LayerNormalization()(x)
priority = layers.Dense(1, name="priority")(x)
department = layers.Dense(num_departments, name="department")(x)
model = keras.Model(inputs=[title, body, tags], outputs={"priority": priority, "department": department})
schedule = keras.optimizers.schedules.ExponentialDecay(1e-2, decay_steps=50, decay_rate=0.9)
model.compile(optimizer=keras.optimizers.RMSprop(schedule),
              loss={"priority": keras.losses.BinaryCrossentropy(from_logits=True),
                    "department": keras.losses.CategoricalCrossentropy(from_logits=True)},
              loss_weights={"priority": 1.0, "department": 0.2})
title_data = np.random.randint(num_words, size=(96, 6))
body_data = np.random.randint(num_words, size=(96, 12))
tags_data = np.random.randint(2, size=(96, num_tags)).astype("float32")
targets = {"priority": tags_data[:, :1], "department": np.eye(3)[np.random.randint(3, size=96)]}
stopping = keras.callbacks.EarlyStopping(monitor="loss", patience=3, restore_best_weights=True)
history = model.fit({"title": title_data, "body": body_data, "tags": tags_data}, targets, epochs=6, batch_size=24, verbose=0,
                    callbacks=[stopping])
assert history.history["loss"][-1] < history.history["loss"][0]
said = model.predict({"title": title_data, "body": body_data, "tags": tags_data}, verbose=0)
assert set(said) == {"priority", "department"} and said["department"].shape == (96, 3)
config = model.get_config()
copy = keras.Model.from_config(config)
copy.set_weights(model.get_weights())
np.testing.assert_allclose(copy.predict([title_data, body_data, tags_data], verbose=0)["priority"], said["priority"], rtol=1e-5)
assert abs(float(schedule(50)) - 0.009) < 1e-6
