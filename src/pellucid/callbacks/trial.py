"""Checkpoints of the epochs that a trial run leaves out (config.set_max_epochs): the last one written stands for them.

A program that trains for four epochs and then reads the file of the second goes on when it is stopped after the first.
"""

import os
import re
import sys
from string import Formatter

from .. import config

_written: dict[str, tuple[re.Pattern[str], str]] = {}


def written(template: str, path: str) -> None:
    """A checkpoint was saved to this path, as "weights.{epoch:02d}.hdf5" says; remembered in a trial run alone."""
    if config.max_epochs() is not None:
        parts = Formatter().parse(os.path.abspath(template))
        pattern = "".join(re.escape(text) + (".+" if field is not None else "") for text, field, _, _ in parts)
        _written[template] = re.compile(pattern), path


def stand_in(path: str) -> str:
    """The path itself, or in a trial run the last checkpoint, where the epoch that would have written it was left out.

    >>> stand_in("weights.02.hdf5")
    'weights.02.hdf5'
    """
    if config.max_epochs() is None or os.path.exists(path):
        return path
    for pattern, last in _written.values():
        if pattern.fullmatch(os.path.abspath(path)) and os.path.exists(last):
            print(f"{path}: its epoch was left out (--epochs); {last} is read in its place.", file=sys.stderr)
            return last
    return path
