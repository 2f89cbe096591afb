"""Whatever fit, evaluate and predict were given as a Source; a single batch; and the part kept for validation."""

import math
import numbers
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..engine.batch import Batch
from ..errors import DataError, ShapeError, one_of, positive_int
from .arrange import arrange, arrange_weights
from .batches import Arguments, Slot
from .checks import check_lengths
from .columns import Column, Rows, as_array, is_array, prepare
from .sequence import PyDataset
from .sources import ArraySource, SequenceSource, Source, StreamSource
from .weights import ClassWeights, balanced, weighed, weight_slot

BATCH_SIZE = 32


def source(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    inputs: Sequence[Slot],
    targets: Sequence[Slot] = (),
    batch_size: int | None = None,
    class_weight: Mapping[int, float] | None = None,
    shuffle: bool | str = False,
    steps: int | None = None,
) -> Source:
    """A Source of batches that fit these inputs and targets.

    x, y           arrays of any library, lists of numbers; a list or dict of them for several inputs; memory-mapped and
                   HDF5 arrays, which are never read whole; or, without y, whatever gives batches (x, y[, weights]): a
                   generator, a PyDataset, a data loader
    batch_size     samples of a batch of arrays, 32 unless said otherwise; the last batch may be shorter
    class_weight   weight by class number, multiplied with sample_weight
    shuffle        True: a new order of the samples every epoch; "batch": whole batches change places
    steps          batches of an epoch, when it should not be all

    Arrays are checked whole before this returns; batches that come from elsewhere as they arrive, and the message then
    begins with the batch's number (from 0). Raises DataError, ShapeError, ValueError or TypeError.
    """
    size = None if batch_size is None else positive_int(batch_size, "batch_size")
    steps = None if steps is None else positive_int(steps, "steps")
    one_of(shuffle, (True, False, "batch"), "shuffle")
    weigh = _class_weights(class_weight, targets, y)
    if not is_data(x):
        reader = _Reader(inputs, targets, weigh)
        for name, given in (("y", y), ("sample_weight", sample_weight)):
            if given is not None:
                raise ValueError(
                    f"{name} must not be given when x, a {type(x).__name__}, gives the batches: yield (x, y)."
                )
        if isinstance(x, PyDataset) or (hasattr(x, "__getitem__") and hasattr(x, "__len__")):
            return SequenceSource(x, reader, shuffle=shuffle, steps=steps)
        if hasattr(x, "__iter__"):
            return StreamSource(x, reader, steps=steps)
        call = " Was it meant to be called, x()?" if callable(x) else ""
        raise TypeError(
            f"x must be an array, a list of numbers, or something that gives batches, got {_short(x)}.{call}"
        )
    _check_given(y, sample_weight, targets)
    weights: list[Column | None] = [None] * len(targets)
    x_columns = [Column(value, slot, name) for (value, name), slot in zip(arrange(x, inputs, "x"), inputs, strict=True)]
    y_columns = []
    if targets:
        pairs = zip(arrange(y, targets, "y"), targets, strict=True)
        y_columns = [Column(value, slot, name) for (value, name), slot in pairs]
        for place, (value, name) in enumerate(arrange_weights(sample_weight, targets)):
            if value is not None:
                weights[place] = Column(*weight_slot(value, targets[place], name), name)
    return ArraySource(
        x_columns,
        y_columns,
        weights,
        batch_size=size or inputs[0].shape[0] or BATCH_SIZE,
        class_weights=weigh,
        shuffle=shuffle,
        steps=steps,
    )


def batch(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    inputs: Sequence[Slot],
    targets: Sequence[Slot] = (),
    class_weight: Mapping[int, float] | None = None,
) -> Batch:
    """All of these samples as one checked batch; the arguments are those of `source`.

    >>> batch([[1, 2], [3, 4]], inputs=[Slot("x", (None, 2))]).x[0].dtype
    dtype('float32')
    """
    return _Reader(inputs, targets, _class_weights(class_weight, targets, y)).batch(x, y, sample_weight)


def split(x: Any, y: Any, sample_weight: Any, validation_split: float) -> tuple[Arguments, Arguments]:
    """(x, y, sample_weight) for training, and the last fraction of the samples for validation, in the same layout.

    A list of arrays holds one for each input, as in Keras, unless that contradicts the number of samples.

    Raises ValueError when either part would be empty, or when x gives batches rather than arrays.
    """
    share = validation_split
    if isinstance(share, bool) or not isinstance(share, numbers.Real) or not 0 < float(share) < 1:
        raise ValueError(f"validation_split must be above 0 and below 1, got {share!r}.")
    if not is_data(x):
        raise ValueError(
            f"validation_split divides arrays, but x is a {type(x).__name__} that gives batches. "
            "Give its own data for validation: validation_data=..."
        )
    x, y = _rows_joined(x, y), _rows_joined(y, x)
    given = [_leaves(value, name) for value, name in ((x, "x"), (y, "y"), (sample_weight, "sample_weight"))]
    samples = check_lengths({name: leaf.shape[0] for leaves in given for name, leaf in leaves.items()})
    cut = math.floor(samples * (1 - float(share)))
    if not 0 < cut < samples:
        raise ValueError(
            f"validation_split={share!r} of {samples} samples leaves {cut} for training and {samples - cut} for "
            "validation; both need at least one. Give more samples or another share."
        )
    parts = [(_cut(value, 0, cut), _cut(value, cut, samples)) for value in (x, y, sample_weight)]
    return tuple(part[0] for part in parts), tuple(part[1] for part in parts)


class _Reader:
    """Turns what a stream gives into a checked batch."""

    def __init__(
        self, inputs: Sequence[Slot], targets: Sequence[Slot], class_weights: Sequence[ClassWeights | None] = ()
    ) -> None:
        self.inputs, self.targets, self.class_weights = inputs, targets, class_weights

    def __call__(self, item: Any, where: str) -> Batch:
        """A batch from x, (x,), (x, y) or (x, y, weights); errors begin with where."""
        try:
            return self._unpack(item)
        except (ValueError, TypeError) as error:
            if type(error) not in (DataError, ShapeError, ValueError, TypeError):
                raise
            raise type(error)(f"{where}{error}") from error

    def _unpack(self, item: Any) -> Batch:
        parts = tuple(item) if isinstance(item, (tuple, list)) else (item,)
        if not 1 <= len(parts) <= 3:
            raise ValueError(
                f"must be x, (x, y) or (x, y, weights), got a {type(item).__name__} of {len(parts)}. "
                "Several inputs go into one tuple: ((a, b), y)."
            )
        x, y, weights = (*parts, None, None)[:3]
        return self.batch(x, y, weights) if self.targets else self.batch(x, None, None)

    def batch(self, x: Any, y: Any, sample_weight: Any) -> Batch:
        _check_given(y, sample_weight, self.targets)
        xs, lengths = _prepared(x, self.inputs, "x")
        if not self.targets:
            check_lengths(lengths)
            return Batch(xs)
        ys, y_lengths = _prepared(y, self.targets, "y")
        lengths |= y_lengths
        weights: list[Array | None] = [None] * len(ys)
        for place, (value, name) in enumerate(arrange_weights(sample_weight, self.targets)):
            if value is not None:
                weights[place] = found = prepare(*weight_slot(value, self.targets[place], name), name)
                lengths[name] = found.shape[0]
        check_lengths(lengths)
        weights = weighed(weights, self.class_weights, ys)
        return Batch(xs, ys, tuple(weights) if any(w is not None for w in weights) else None)


def _prepared(value: Any, slots: Sequence[Slot], argument: str) -> tuple[tuple[Array, ...], dict[str, int]]:
    """One checked array for each slot, and how many samples each has, by its name for messages."""
    given = arrange(value, slots, argument)
    arrays = tuple([prepare(part, slot, name) for (part, name), slot in zip(given, slots, strict=True)])
    return arrays, {name: array.shape[0] for (_, name), array in zip(given, arrays, strict=True)}


def is_data(x: Any) -> bool:
    """Whether x holds the samples themselves, rather than giving batches of them."""
    if x is None:
        raise TypeError("x is None. Give an array, a list of numbers, or something that gives batches.")
    if isinstance(x, (str, bytes)):
        raise TypeError(f"x must hold numbers, got the text {_short(x)}. Load the file first.")
    return isinstance(x, (list, tuple, range, Mapping, numbers.Number)) or is_array(x) or hasattr(x, "toarray")


def _check_given(y: Any, sample_weight: Any, targets: Sequence[Slot]) -> None:
    if targets and y is None:
        raise ValueError(f"y is missing: the loss compares {[t.name for t in targets]!r} with targets. Give (x, y).")
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if not targets and value is not None:
            raise ValueError(f"{name} was given, but nothing is compared with targets here.")


def _class_weights(class_weight: Any, targets: Sequence[Slot], y: Any) -> tuple[ClassWeights | None, ...]:
    """The weights of the classes of each output; () where there are none."""
    if class_weight is None:
        return ()
    if isinstance(class_weight, list | tuple):  # one for each output, as in Keras 1 and 2
        if len(targets) == 1 and len(class_weight) > 1:
            warnings.warn(
                "class_weight is a list, and there is one output: it is ignored, as in Keras 2.", stacklevel=5
            )
            return ()
        if len(class_weight) != len(targets):
            raise ValueError(f"class_weight has {len(class_weight)} parts, but there are {len(targets)} outputs.")
        given = dict(zip((target.name for target in targets), class_weight, strict=True))
    elif isinstance(class_weight, Mapping) and any(isinstance(each, Mapping) for each in class_weight.values()):
        given = dict(class_weight)
        for name in given:
            one_of(name, [target.name for target in targets], "class_weight: output")
    elif len(targets) == 1:
        given = {targets[0].name: class_weight}
    else:
        raise ValueError(
            f"class_weight: this model has {len(targets)} outputs. Give a dict for each, by its name, or sample_weight."
        )
    return tuple(_weights_of_classes(given.get(target.name), target, y) for target in targets)


def _weights_of_classes(class_weight: Any, target: Slot, y: Any) -> ClassWeights | None:
    if class_weight is None:
        return None
    if class_weight in ("auto", "balanced"):  # Keras 1 took "auto", scikit-learn's word of then, for "balanced"
        if isinstance(y, Mapping):
            y = y.get(target.name)
        if y is None:
            raise ValueError(
                f"class_weight={class_weight!r} counts the classes in y, but x gives batches. Give a dict."
            )
        class_weight = balanced(y, target)
    return ClassWeights(class_weight, target)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_several(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and any(part is None or (is_array(part) and part.shape) for part in value)


def _rows_joined(value: Any, other: Any) -> Any:
    """A list of rows as one array, where `other` tells that it is as long as there are samples."""
    if not _is_several(value) or _is_several(other) or not isinstance(other, (list, tuple, range, np.ndarray)):
        return value
    rows = len(value) == len(other) and all(part is not None and part.shape[:1] != (len(other),) for part in value)
    return as_array(value, "x") if rows else value


def _leaves(value: Any, name: str) -> dict[str, Any]:
    """The arrays of an argument, by their names for messages."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {f"{name}[{key!r}]": as_array(part, name) for key, part in value.items() if part is not None}
    if _is_several(value):
        return {f"{name}[{i}]": as_array(part, name) for i, part in enumerate(value) if part is not None}
    leaf = as_array(value, name)
    if not leaf.shape:
        raise DataError(f"{name} is a single number, {_short(value)}; samples lie along the first axis of an array.")
    return {name: leaf}


def _cut(value: Any, start: int, stop: int) -> Any:
    """The samples from start to stop, in the same layout; nothing is copied, and what lies on disk stays there."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {key: _cut(part, start, stop) for key, part in value.items()}
    if _is_several(value):
        return type(value)([_cut(part, start, stop) for part in value])
    if isinstance(value, np.memmap):
        return value[start:stop]
    array = as_array(value, "x")
    return Rows(array, start, stop) if isinstance(array, Rows) else array[start:stop]
