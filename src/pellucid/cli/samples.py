"""The samples that a saved model is looked at with: a dataset by name, or a file of one's own, in the model's shape.

digits, mnist, fashion_mnist    by name
.npz     x_train, y_train, x_test and y_test; or x, and y with the answers; for a model of several inputs an array for
         each under the input's name, and y
.npy     one array of samples, without answers
.csv     a sample a line; the answers in a column called label, y, class or target, or in a last column more than
         the model has inputs
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array
from ..datasets import load
from ..datasets.npz import read_arrays, read_dataset
from ..errors import DataError, FormatError
from .doctor import as_targets, fitted, shaped

ANSWERS = ("label", "y", "class", "target")  # names of a column, or of an array, that holds them


@dataclass(frozen=True)
class Samples:
    """Samples as the model takes them.

    source              where they are from, in words
    x, y                to look with (test samples, where there are both kinds; a list for several inputs); y None
                        without answers
    x_train, y_train    None where there is one kind only
    """

    source: str
    x: Array | list[Array]
    y: Array | None = None
    x_train: Array | None = None
    y_train: Array | None = None


def load_samples(source: str | None, model: Any, scale: float | None) -> Samples:
    """Samples from a name or a file; the digits, in the size that the model takes, where nothing is given.

    scale   what inputs are divided by; by default 255 for bytes, else 1

    Raises DataError for samples of another shape (saying which are needed), OSError and FormatError for bad files.
    """
    shape = tuple(model.input_shape[1:]) if isinstance(model.input_shape, tuple) else None
    if shape is None:
        return _several(source, model, scale)
    if source is None or source == "digits":
        return _digits(shape, model, scale, given=source is not None)
    suffix = Path(source).suffix.lower()
    if suffix == ".npy":
        return Samples(source, fitted(_read_npy(source), model, scale))
    if suffix in (".csv", ".txt", ".tsv"):
        x, y = read_csv(source, math.prod(shape) if None not in shape else None)
        return Samples(source, fitted(x, model, scale), _answers(y, model))
    if suffix == ".npz" and Path(source).is_file() and (alone := _alone(source)) is not None:
        x, y = alone
        return Samples(source, fitted(x, model, scale), _answers(y, model))
    (x_train, y_train), (x, y) = read_dataset(source) if suffix == ".npz" else load(source)
    return _both(source, model, scale, x_train, y_train, x, y)


def _several(source: str | None, model: Any, scale: float | None) -> Samples:
    """An array for each input of the model, under its name, and the answers."""
    names, shapes = tuple(model.input_names), model.input_shape
    wanted = list(shapes.values()) if isinstance(shapes, dict) else list(shapes)
    if source is None or Path(source).suffix.lower() != ".npz":
        raise DataError(
            f"the model has {len(names)} inputs: --data takes an .npz file with an array for each, called "
            f"{', '.join(names)}, and one called y with the answers."
        )
    found = read_arrays(source, names)
    with np.load(source, allow_pickle=False) as arrays:
        answers = next((name for name in ANSWERS if name in arrays.files and name not in names), None)
    y = None if answers is None else read_arrays(source, (answers,))[0]
    counts = {len(array) for array in (*found, *(() if y is None else (y,)))}
    if len(counts) > 1:
        raise DataError(f"{source}: all arrays need equally many samples, got {', '.join(map(str, sorted(counts)))}.")
    x = [shaped(array, tuple(shape[1:]), scale) for array, shape in zip(found, wanted, strict=True)]
    return Samples(source, x, _answers(y, model))


def read_csv(path: str, inputs: int | None) -> tuple[Array, Array | None]:
    """(N, columns) and the answers, if there are any.

    inputs   how many columns are inputs, where that is known

    Raises FormatError, naming the line, for what is no number.
    """
    with open(path, newline="", encoding="utf-8-sig") as file:
        text = file.read()
    dialect: Any = "excel-tab" if "\t" in text.partition("\n")[0] else "excel"
    if dialect == "excel" and ";" in text.partition("\n")[0] and "," not in text.partition("\n")[0]:
        text = text.replace(";", ",")
    rows = [row for row in csv.reader(text.splitlines(), dialect) if row]
    heads = [] if not rows or all(map(_is_number, rows[0])) else [cell.strip().lower() for cell in rows.pop(0)]
    if not rows:
        raise FormatError(path, "it has no line of numbers.")
    numbers = np.array([_numbers(row, line, len(rows[0]), path) for line, row in enumerate(rows, 1 + bool(heads))])
    place = next((heads.index(name) for name in ANSWERS if name in heads), None)
    if place is None and inputs is not None and numbers.shape[1] == inputs + 1:
        place = inputs
    if place is None:
        return numbers, None
    answers = numbers[:, place]
    whole = np.all(answers == np.floor(answers))
    return np.delete(numbers, place, axis=1), answers.astype(int) if whole else answers


def _digits(shape: tuple[Any, ...], model: Any, scale: float | None, given: bool) -> Samples:
    pixels = math.prod(shape) if None not in shape else 0
    side = math.isqrt(pixels)
    grey = len(shape) == 1 or (len(shape) == 3 and shape[-1] == 1) or len(shape) == 2
    if side < 8 or side * side != pixels or not grey or side > 64:
        wanted = "the digits do not fit" if given else "give samples with --data"
        raise DataError(
            f"the model takes samples shaped {shape}: {wanted}. --data takes an .npz file (x_train, y_train, x_test, "
            "y_test, or x and y), an .npy file (samples), or a CSV file (a sample a line)."
        )
    (x_train, y_train), (x, y) = load("digits", side)
    return _both(f"digits, {side}×{side} pixels", model, scale, x_train, y_train, x, y)


def _both(source: str, model: Any, scale: float | None, x_train: Array, y_train: Array, x: Array, y: Array) -> Samples:
    train, test = (fitted(part, model, scale) for part in (x_train, x))
    return Samples(source, test, _answers(y, model), train, _answers(y_train, model))


def _answers(y: Array | None, model: Any) -> Array | None:
    """Answers as the model's loss wants them; as they are, where it has none."""
    return y if y is None or not model.compiled else as_targets(y, model)


def _alone(path: str) -> tuple[Array, Array | None] | None:
    """x and y of an .npz file that has these; None for one of another kind."""
    with np.load(path, allow_pickle=False) as arrays:
        names = set(arrays.files)
    if "x" not in names:
        return None
    answers = next((name for name in ANSWERS if name in names), None)
    found = read_arrays(path, ("x",) if answers is None else ("x", answers))
    return found[0], found[1] if answers else None


def _read_npy(path: str) -> Array:
    try:
        with open(path, "rb") as file:
            return np.asarray(np.lib.format.read_array(file, allow_pickle=False))
    except (ValueError, EOFError) as error:
        raise FormatError(path, f"is not an .npy file of plain numbers ({error}).") from None


def _numbers(row: Sequence[str], line: int, columns: int, path: str) -> list[float]:
    if len(row) != columns:
        raise FormatError(path, f"line {line} has {len(row)} columns, and the others {columns}.")
    wrong = next((cell for cell in row if not _is_number(cell)), None)
    if wrong is not None:
        raise FormatError(path, f"line {line} holds {wrong[:40]!r}, which is no number.")
    return [float(cell) for cell in row]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
