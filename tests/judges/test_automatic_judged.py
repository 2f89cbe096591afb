"""The derivative of somebody's own function."""

from typing import Any

import numpy as np
import pytest

from pellucid.automatic import vjp


def test_it_is_the_derivative_in_the_precision_of_the_arrays(jax: Any) -> None:
    x = np.array([3.0, -2.0])
    (dx,) = vjp(lambda x: x**3, (x,), np.array([1.0, 10.0]), owner="cube", remedy="")
    np.testing.assert_allclose(dx, [27, 120], rtol=1e-14)
    params, scale = vjp(
        lambda p, s: (p["w"] * s, p["w"].sum()), ({"w": x}, np.array(2.0)), (x, np.array(1.0)), owner="two", remedy=""
    )
    np.testing.assert_allclose(params["w"], 2 * x + 1, rtol=1e-14)
    np.testing.assert_allclose(scale, 13, rtol=1e-14)


def test_a_function_for_numpy_alone_is_named(jax: Any) -> None:
    with pytest.raises(TypeError, match="'mine' cannot be differentiated: it uses a function that works on NumPy"):
        vjp(lambda x: np.unwrap(x), (np.ones(2),), np.ones(2), owner="'mine'", remedy="")
