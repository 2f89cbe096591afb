"""K's convolutions, pools and CTC, against Keras 3 and TensorFlow."""

from typing import Any

import numpy as np
import pytest

from pellucid import backend as K

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(2, 9, 8, 3)).astype("float32")


def close(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours, keras.ops.convert_to_numpy(theirs), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("strides", "dilation"), [(1, 1), (2, 1), (1, 2)])
def test_convolutions(padding: str, strides: int, dilation: int) -> None:
    kernel = RANDOM.normal(size=(3, 2, 3, 4))
    theirs = keras.ops.conv(X, kernel, strides, padding, "channels_last", dilation)
    close(K.conv2d(X, kernel, (strides, strides), padding, None, (dilation, dilation)), theirs)
    first = K.conv2d(np.moveaxis(X, -1, 1), kernel, (strides, strides), padding, "channels_first", dilation)
    close(np.moveaxis(first, 1, -1), theirs)
    line = RANDOM.normal(size=(3, 3, 4))
    close(K.conv1d(X[:, 0], line, strides, padding, "channels_last", dilation),
          keras.ops.conv(X[:, 0], line, strides, padding, "channels_last", dilation))  # fmt: skip
    if dilation == 1:
        close(K.depthwise_conv2d(X, kernel, (strides, strides), padding),
              keras.ops.depthwise_conv(X, kernel, strides, padding, "channels_last"))  # fmt: skip


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_pools(padding: str) -> None:
    close(K.pool2d(X, (2, 3), (2, 2), padding), keras.ops.max_pool(X, (2, 3), (2, 2), padding, "channels_last"))
    means = keras.ops.average_pool(X, (2, 3), (2, 2), padding, "channels_last")
    close(K.pool2d(X, (2, 3), (2, 2), padding, pool_mode="avg"), means)


def test_ctc_of_probabilities_with_the_blank_last() -> None:
    chance = np.exp(RANDOM.normal(size=(3, 7, 5)))
    chance /= chance.sum(-1, keepdims=True)
    labels, steps, counts = np.array([[0, 1, -1], [2, 2, 1], [3, -1, -1]]), [7, 6, 4], [2, 3, 1]
    theirs = tf.nn.ctc_loss(
        tf.constant(np.maximum(labels, 0), tf.int32), tf.constant(np.log(chance + 1e-7), tf.float32),
        tf.constant(counts), tf.constant(steps), logits_time_major=False, blank_index=4,
    )  # fmt: skip
    ours = K.ctc_batch_cost(labels, chance, np.array(steps)[:, None], np.array(counts)[:, None])
    np.testing.assert_allclose(ours[:, 0], theirs.numpy(), rtol=1e-5)
