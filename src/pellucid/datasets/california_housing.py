"""California housing: 20,640 districts of 1990, 8 features each, and the median price of a house there.

Source: R. Pace, R. Barry, "Sparse spatial autoregressions", Statistics & Probability Letters 33 (1997).
"""

from ..errors import one_of
from .housing import read_table
from .npz import Dataset
from .published import published_file
from .word_lists import ORIGIN

_SHA256 = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
_SMALL = 600


def load_data(
    version: str = "large", path: str = "california_housing.npz", test_split: float = 0.2, seed: int = 113
) -> Dataset:
    """(x_train, y_train), (x_test, y_test): districts and prices.

    version  "large" for all districts, "small" for the first 600
    path     the file's name in ~/.keras/datasets ($KERAS_HOME/datasets), where it is fetched to once
    x        (N, 8) float32    longitude, latitude, age, rooms, bedrooms, people, households, income
    y        (N,) float32      dollars

    Raises OSError without a network, naming the place where to put the file by hand.
    """
    one_of(version, ("large", "small"), "california_housing.load_data: version")
    file = published_file(path, origin=ORIGIN + "california_housing.npz", file_hash=_SHA256)
    return read_table(file, test_split, seed, _SMALL if version == "small" else None)
