"""The JAX engine is asked for by name, trains as the plain formulas do, and says what is missing without JAX."""

import gc
import sys
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential
from pellucid.engine import jax as engine
from pellucid.engine.choose import chosen
from pellucid.layers import Dense, Embedding, Flatten, Input, StringLookup
from pellucid.models import Model
from pellucid.utils import set_random_seed

needs_jax = pytest.mark.skipif(engine.why_not() is not None, reason=engine.why_not() or "")


def network(engine: str) -> Sequential:
    set_random_seed(1)
    model = Sequential([Dense(8, "tanh", input_shape=(6,)), Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"], engine=engine)
    return model


def test_without_jax_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"pip install \"pellucid\[jax\]\""):
        network("jax")


def test_auto_never_takes_jax() -> None:
    assert chosen("auto") in ("native", "numpy")


@needs_jax
def test_the_environment_variable_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_ENGINE", "jax")
    assert chosen(None) == "jax"
    assert chosen("numpy") == "numpy"


@needs_jax
def test_a_short_training_is_that_of_the_plain_formulas() -> None:
    draw, found = np.random.default_rng(0), []
    x = draw.normal(size=(32, 6)).astype("float32")
    for name in ("jax", "numpy"):
        model = network(name)
        history: dict[str, Any] = model.fit(x, x[:, :1], batch_size=16, epochs=2, verbose=0).history
        found.append([*history["loss"], *history["mae"], *model.predict(x, verbose=0).ravel()])
        assert all(type(weight) is np.ndarray for weight in model.get_weights())
    np.testing.assert_allclose(*found, rtol=1e-5, atol=1e-6)


@needs_jax
def test_numbers_of_the_other_byte_order_are_the_same_numbers() -> None:
    x = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    model = network("jax")
    np.testing.assert_array_equal(model(x.astype(">f4")), model(x))


def samples_at(offset: int, shape: tuple[int, ...]) -> np.ndarray:
    """Samples that begin so many bytes after a multiple of 64."""
    size = int(np.prod(shape))
    room = np.empty(size * 4 + 128, np.uint8)
    first = -room.ctypes.data % 64 + offset
    x = room[first : first + size * 4].view(np.float32).reshape(shape)
    x[...] = np.random.default_rng(0).normal(size=shape)
    return x


@needs_jax
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(("offset", "width"), [(16, 3), (4, 2), (60, 7), (16, 40)])
def test_large_data_are_read_where_they_lie_to_the_same_bits(offset: int, width: int, shuffle: bool) -> None:
    """XLA wants arrays to begin at multiples of 64 bytes; these do not, and few of their first samples do."""
    shape = (1 + (1 << 18) // width, width)
    found = []
    for x in (samples_at(0, shape), samples_at(offset, shape)):
        assert x.ctypes.data % 64 == (0 if not found else offset)
        set_random_seed(1)
        model = Sequential([Input((width,)), Dense(2)])
        model.compile("sgd", "mse", engine="jax")
        model.fit(x, x[:, :2], batch_size=5000, epochs=1, shuffle=shuffle, verbose=0)
        found.append([*model.get_weights(), np.float64(model.evaluate(x, x[:, :2], batch_size=5000, verbose=0))])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@needs_jax
def test_a_second_fit_leaves_no_data_of_the_first_on_the_device() -> None:
    import jax

    model = network("jax")
    gc.collect()
    gc.disable()  # what only a collection would find must not be there either
    try:
        lying = []
        for _ in range(3):
            x = np.zeros((1000, 6), np.float32)
            model.fit(x, x[:, :1], batch_size=100, verbose=0)
            lying.append(sum(array.shape == x.shape for array in jax.live_arrays()))
    finally:
        gc.enable()
    assert lying == [lying[0]] * 3


@needs_jax
def test_words_are_refused_with_the_remedy() -> None:
    look_up = StringLookup(vocabulary=["a", "b"])
    given = Input((1,), dtype="string")
    model = Model(given, Dense(1)(Flatten()(Embedding(4, 2)(look_up(given)))))
    model.compile("sgd", "mse", engine="jax")
    x, y = np.array([["a"], ["b"]]), np.ones((2, 1), np.float32)
    for use in (lambda: model.fit(x, y, verbose=0), lambda: model.predict(x, verbose=0), lambda: model(x)):
        with pytest.raises(TypeError, match=r"computes with numbers.*StringLookup.*engine=\"numpy\""):
            use()
