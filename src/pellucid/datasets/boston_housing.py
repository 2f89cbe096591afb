"""Boston housing: 506 districts of the 1970s, 13 features each, and the median price of a house there.

One feature is built from the share of black inhabitants on the supposition that it moves prices; the table is kept for
old programs, and `california_housing` is the better choice for new ones.

Source: D. Harrison, D. Rubinfeld, "Hedonic housing prices and the demand for clean air", J. Env. Economics 5 (1978).
"""

from .housing import read_table
from .npz import Dataset
from .published import published_file
from .word_lists import ORIGIN

_SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> Dataset:
    """(x_train, y_train), (x_test, y_test): 404 and 102 districts and prices.

    path     the file's name in ~/.keras/datasets ($KERAS_HOME/datasets), where it is fetched to once
    x        (N, 13) float64
    y        (N,) float64    thousands of dollars

    Raises OSError without a network, naming the place where to put the file by hand.
    """
    return read_table(published_file(path, origin=ORIGIN + "boston_housing.npz", file_hash=_SHA256), test_split, seed)
