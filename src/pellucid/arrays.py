"""The few array moves our formulas need beyond the Python array API standard.

Formulas run on any array that answers `__array_namespace__`: NumPy by default,
JAX arrays (also while being traced by `jax.jit`) for GPUs and clusters.
"""

from typing import Any

Array = Any  # anything that answers __array_namespace__


def namespace(x: Array) -> Any:
    """The module that owns x: `numpy` for NumPy arrays, `jax.numpy` for JAX arrays.

    >>> import numpy as np
    >>> namespace(np.ones(3)).__name__
    'numpy'
    """
    return x.__array_namespace__()


def one_hot(index: Array, classes: int, dtype: Any) -> Array:
    """Rows of zeros with a one at each index.

    index    (...)            whole numbers in [0, classes)
    returns  (..., classes)

    >>> import numpy as np
    >>> one_hot(np.array([2, 0]), 3, "float32")
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    xp = namespace(index)
    return xp.asarray(index[..., None] == xp.arange(classes), dtype=dtype)
