"""Results as programs know them: arrays that have a method `numpy()`, and rows of one number that are numbers, too."""

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

    def eval(self, session: Any = None) -> Any:
        """The same, in TensorFlow 1's words."""
        return self.numpy()

    def __getitem__(self, index: Any) -> Any:
        """A part of it; a single number is of its kind, too."""
        found = super().__getitem__(index)
        return np.asarray(found).view(EagerArray) if isinstance(found, np.number) else found

    def __hash__(self) -> int:  # type: ignore[override]  # arrays have none
        """A single number's, as of NumPy's numbers: it may be in a set, and a key."""
        if self.ndim:
            raise TypeError("unhashable: an array of several numbers.")
        return hash(self.item())

    def get_shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self.shape

    def __array_wrap__(self, made: Array, context: Any = None, return_scalar: bool = False) -> Any:
        """What is computed from it is of its kind, single numbers, too."""
        return np.asarray(made).view(EagerArray)


class Column(np.ndarray):
    """A NumPy array of which one row, [0.7], counts as a number, as every array of one number did until NumPy 2.3.

    >>> y = np.array([[0.75], [0.25]]).view(Column)
    >>> "%.2f" % y[0], int(4 * y[1]), y.sum()
    ('0.75', 1, np.float64(1.0))
    """

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __array_wrap__(self, made: Array, context: Any = None, return_scalar: bool = False) -> Any:
        """What is computed from it is of its kind; single numbers are NumPy's."""
        return np.asarray(made).view(Column) if made.ndim else np.asarray(made)[()]

    def __repr__(self) -> str:
        return repr(np.asarray(self))


class Outputs(list):
    """The predictions of several outputs: a list that is a Column where NumPy makes one array of it.

    >>> y = Outputs([np.array([[0.1, 0.9]]), np.array([[0.8, 0.2]])])
    >>> [int(row) for row in np.argmax(y, axis=-1)]
    [1, 0]
    """

    def __array_function__(self, func: Any, types: Any, args: tuple, kwargs: dict) -> Any:
        """func of the arrays stacked; of those whose shapes differ as of any list."""
        if all(np.shape(value) == np.shape(self[0]) for value in self):
            args = tuple(np.array(list(value)).view(Column) if isinstance(value, Outputs) else value for value in args)
        else:
            args = tuple(list(value) if isinstance(value, Outputs) else value for value in args)
        return func(*args, **kwargs)
