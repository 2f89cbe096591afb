"""Results as programs of TensorFlow know them: arrays that have a method `numpy()`."""

from typing import Any

import numpy as np

from ..arrays import Array


class EagerArray(np.ndarray):
    """A NumPy array that is also called as TensorFlow's are.

    >>> x = np.array([1.0, 2.0]).view(EagerArray)
    >>> x.numpy(), (2 * x).sum().numpy()
    (array([1., 2.]), np.float64(6.0))
    """

    def numpy(self) -> Any:
        """The plain array; a plain number for one without axes."""
        return np.array(self)[()]

    def get_shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self.shape

    def __array_wrap__(self, made: Array, context: Any = None, return_scalar: bool = False) -> Any:
        """What is computed from it is of its kind, single numbers, too."""
        return np.asarray(made).view(EagerArray)
