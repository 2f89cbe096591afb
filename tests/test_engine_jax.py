"""The JAX engine is asked for by name, trains as the plain formulas do, and says what is missing without JAX."""

import sys
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential
from pellucid.engine import jax as engine
from pellucid.engine.choose import chosen
from pellucid.layers import Dense
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
