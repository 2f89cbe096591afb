# Sentiment from raw texts, as in tutorials for TensorFlow 2: the vocabulary is learnt by a layer.
import re
import string

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, losses

tf.random.set_seed(2)
good, bad = ["great", "fun", "lovely"], ["boring", "awful", "dull"]
rng = np.random.default_rng(2)
texts = [
    f"The film was {rng.choice(good if i % 2 else bad)}!<br />Really {rng.choice(good if i % 2 else bad)}."
    for i in range(80)
]
labels = np.arange(80) % 2
raw = tf.data.Dataset.from_tensor_slices((texts, labels)).batch(16)


def custom_standardization(input_data):
    lowercase = tf.strings.lower(input_data)
    stripped_html = tf.strings.regex_replace(lowercase, "<br />", " ")
    return tf.strings.regex_replace(stripped_html, "[%s]" % re.escape(string.punctuation), "")


vectorize_layer = layers.TextVectorization(
    standardize=custom_standardization, max_tokens=50, output_mode="int", output_sequence_length=8
)
vectorize_layer.adapt(raw.map(lambda x, y: x))
vocabulary = vectorize_layer.get_vocabulary()
assert vocabulary[:2] == ["", "[UNK]"] and set(good + bad) < set(vocabulary)


def vectorize_text(text, label):
    text = tf.expand_dims(text, -1)
    return vectorize_layer(text), label


train = raw.map(vectorize_text).cache().prefetch(buffer_size=tf.data.AUTOTUNE)
model = tf.keras.Sequential(
    [layers.Embedding(51, 8), layers.Dropout(0.2), layers.GlobalAveragePooling1D(), layers.Dense(1)]
)
model.compile(
    loss=losses.BinaryCrossentropy(from_logits=True),
    optimizer=tf.keras.optimizers.Adam(0.05),
    metrics=[tf.metrics.BinaryAccuracy(threshold=0.0)],
)
model.fit(train, epochs=8, verbose=0)

export_model = tf.keras.Sequential([vectorize_layer, model, layers.Activation("sigmoid")])
export_model.compile(loss=losses.BinaryCrossentropy(from_logits=False), optimizer="adam", metrics=["accuracy"])
loss, accuracy = export_model.evaluate(raw, verbose=0)
assert accuracy > 0.9
answers = export_model.predict(tf.constant(["The film was great", "So dull and awful"]), verbose=0)
assert answers[0, 0] > 0.5 > answers[1, 0]

bigrams = layers.TextVectorization(ngrams=2, max_tokens=60, output_mode="tf_idf")
bigrams.adapt(texts)
inputs = tf.keras.Input(shape=(1,), dtype="string")
outputs = layers.Dense(1, activation="sigmoid")(bigrams(inputs))
bag = tf.keras.Model(inputs, outputs)
bag.compile("adam", "binary_crossentropy", metrics=["accuracy"])
bag.fit(np.array(texts), labels, epochs=10, verbose=0)
assert bag.predict(np.array(texts[:3]), verbose=0).shape == (3, 1)
