"""Checks of the data before training: their scale, their targets, the balance of classes, duplicates and leaks."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ... import losses
from ...arrays import Array
from ...data import Slot
from ...engine.batch import Batch
from ..blocks import number
from ..learning_speed import sum_of_squares
from .finding import Finding, Fix
from .yardstick import is_classification

_SCALE = Fix("Scale the inputs: subtract the mean and divide by the standard deviation (or pixels / 255).", "scale")
_LOOKED_AT = 8  # columns in which samples are compared before they are compared whole
_NAMED = 6  # columns, at most
_ENOUGH = 20  # samples, to say that two parts differ
_FEW_CLASSES = 5  # whose weights are told
_MOST_CLASSES = 20  # words and letters are never balanced
_A_FEW = 64  # samples, to see which columns may be the answer
_MANY_COLUMNS = 5
_NUMBERS, _SOME = 1 << 16, 32  # of the inputs whose spread is taken, where that many are of so many samples
_CHUNK = 1 << 20  # numbers hashed at a time


def inputs_scaled(batch: Batch, slots: tuple[Slot, ...], limits: Mapping[str, float]) -> Iterator[Finding]:
    """Inputs of about the size that initial weights are made for, and not all the same."""
    if len(batch.x[0]) > 1 and all((x[1] == x[0]).all() and (x == x[0]).all() for x in batch.x):
        yield _all_alike(batch.x[0])
        return
    for x, slot in zip(batch.x, slots, strict=True):
        if slot.kind == "indices":
            continue
        largest, (std, usual) = float(max(x.max(), -x.min())), _spread(x)
        said: tuple[str, float, float] | None = None
        if largest > limits["input_largest"] and usual > limits["input_usual"]:
            said = f"as large as {number(largest)}", largest, limits["input_largest"]
        elif std > limits["input_std_high"]:
            said = f"spread out by {number(std)} (standard deviation)", std, limits["input_std_high"]
        elif std < limits["input_std_low"] and not (largest <= 1 and ((x == 0) | (x == 1)).all()):  # yes and no apart
            said = f"nearly all alike: their standard deviation is {number(std)}", std, limits["input_std_low"]
        if said is not None:
            yield Finding(
                "inputs_scaled", "warning", f"The inputs {slot.name!r} are {said[0]}{_in_columns(x, limits)}.",
                "They were scaled twice, or come in a large unit. Inputs that hardly differ hardly move the sums, and "
                "it takes long to learn from them." if std < limits["input_std_low"] else
                "They were not scaled. Sums far from 0 saturate units and need tiny learning rates.", _SCALE,
                value=said[1], threshold=said[2], view="saturation",
            )  # fmt: skip
        elif largest > limits["input_range"]:
            yield Finding(
                "inputs_scaled", "hint", f"The inputs {slot.name!r} reach {number(largest)}.",
                "Fine where they vary by about 1.", _SCALE, value=largest, threshold=limits["input_range"],
            )  # fmt: skip


def _all_alike(x: Array) -> Finding:
    low, high = float(x[0].min()), float(x[0].max())
    numbers = f"every number is {number(low)}" if low == high else f"the first number is {number(x[0].flat[0])} in each"
    return Finding(
        "inputs_constant", "error", f"All {len(x)} samples that were looked at are the same: {numbers}.",
        "Something on the way has wiped the inputs out: a cast to whole numbers after scaling, the wrong columns, an "
        "array that was made and never filled. Nothing tells the samples apart.",
        Fix("Look at where x comes from: print x[0], x[1] and x.std()."), view="hardest",
    )  # fmt: skip


def _in_columns(x: Array, limits: Mapping[str, float]) -> str:
    """Of a table, which few columns the large numbers stand in; "" for most of them."""
    if x.ndim != 2:
        return ""
    large = np.flatnonzero(np.maximum(x.max(axis=0), -x.min(axis=0)) > limits["input_largest"]).tolist()
    if not 0 < len(large) <= min(_NAMED, x.shape[1] - 1):
        return ""
    *others, last = map(str, large)
    return f", in columns {', '.join(others)} and {last}" if others else f", in column {last}"


def _spread(x: Array) -> tuple[float, float]:
    """The standard deviation, and the root of the mean square; of some samples where there is much to a sample."""
    every = min(x.size // _NUMBERS, len(x) // _SOME) + 1
    numbers = np.asarray(x[::every], dtype=np.float64).reshape(-1)
    mean, square = float(numbers.mean()), sum_of_squares(numbers) / numbers.size
    return float(np.sqrt(max(square - mean**2, 0.0))), float(np.sqrt(square))


def targets(given: tuple[Array, ...], found: list[Any], limits: Mapping[str, float]) -> Iterator[Finding]:
    """Targets that differ, of a size that steps can reach, with no class drowned by others."""
    for y, loss in zip(given, found, strict=True):
        rows = y.reshape(len(y), -1)
        if len(y) > 1 and (rows == rows[0]).all():
            yield Finding(
                "targets_constant", "error", f"All {len(y)} targets are the same, {_short(rows[0])}.",
                "A filter kept one class, or the wrong column was taken. There is nothing to learn.",
                Fix("Look at where y comes from."),
            )  # fmt: skip
        elif is_classification(loss) and _is_one_answer(y, loss):
            yield from _balance(y, loss, limits)
        elif not is_classification(loss) and (std := float(np.std(rows, dtype=np.float64))) > limits["target_std"]:
            yield Finding(
                "targets_scaled", "warning", f"The targets vary by {number(std)} (standard deviation).",
                "Weights of about 1 are far from them, and the gradients are as large as they are.",
                Fix("Divide the targets by their standard deviation, and multiply predictions by it."),
                value=std, threshold=limits["target_std"],
            )  # fmt: skip


def _is_one_answer(y: Array, loss: Any) -> bool:
    """Whether a sample is of one class; letters of a text and pixels of a picture are never balanced."""
    return y[0].size == 1 or (isinstance(loss, losses.CategoricalCrossentropy) and y.ndim == 2)


def _balance(y: Array, loss: Any, limits: Mapping[str, float]) -> Iterator[Finding]:
    if isinstance(loss, losses.SparseCategoricalCrossentropy):
        counts = np.bincount(y.reshape(-1).astype(int))
    elif isinstance(loss, losses.CategoricalCrossentropy):
        counts = y.reshape(-1, y.shape[-1]).sum(axis=0)
    elif y.shape[-1] == 1 and ((y == 0) | (y == 1)).all():
        counts = np.array([y.size - y.sum(), y.sum()])
    else:
        return  # several yes or no at once, or shares
    classes, counts = np.flatnonzero(counts), counts[counts > 0]
    if 1 < len(counts) <= _MOST_CLASSES and (ratio := float(counts.max() / counts.min())) > limits["imbalance"]:
        balanced = [number(float(f"{counts.sum() / (len(counts) * count):.2g}")) for count in counts]
        told = ", ".join(f"{one}: {weight}" for one, weight in zip(classes, balanced, strict=True))
        yield Finding(
            "class_balance", "warning",
            f"The largest class has {number(counts.max())} samples, the smallest {number(counts.min())}.",
            "A network that always answers with the largest looks good and has learned nothing.",
            Fix("Give rare classes more weight: fit(..., class_weight="
                + (f"{{{told}}}" if len(counts) <= _FEW_CLASSES else '"balanced"')
                + "), and look at more than accuracy."),
            value=ratio, threshold=limits["imbalance"], view="confusion_of",
        )  # fmt: skip


def leaked_answer(batch: Batch, limits: Mapping[str, float]) -> Iterator[Finding]:
    """An input that is the answer itself; of two classes, also one that tells them apart nearly as surely, alone."""
    x, y = batch.x[0], batch.y[0]
    if x.ndim != 2 or len(x) < _ENOUGH or x.shape[1] < 2 or y[0].size != 1:
        return  # one input is all there is to learn from; many targets are the inputs of an autoencoder, or of later
    answers, few = y.reshape(len(y)), slice(0, _A_FEW)
    near = np.flatnonzero(np.nan_to_num(_likeness(x[few], answers[few]), nan=1.0) > 0.98)  # of a few: on all, or not
    likeness = np.nan_to_num(_likeness(x[:, near], answers))
    if not likeness.size:
        return
    place, most = int(near[likeness.argmax()]), float(likeness.max())
    alike = most > limits["leak"]
    if alike or (most > limits["leak_alone"] and _alone(x, answers, place, limits["leak_others"])):
        how = "is the target itself, up to scale and shift" if alike else "gives the target away, all but alone"
        yield Finding(
            "leak", "warning", f"Input {place} {how}: their correlation is {most:.4f}.",
            "The answer stands among the inputs; where it is not known, the network will fail.",
            Fix("Leave that column out."), units=(place,), value=most,
            threshold=limits["leak" if alike else "leak_alone"], view="saliency",
        )  # fmt: skip


def _alone(x: Array, answers: Array, place: int, most: float) -> bool:
    """Whether of two classes' inputs this one tells, and no other comes near: clouds far apart differ in many."""
    if x.shape[1] < _MANY_COLUMNS or len(np.unique(answers)) != 2:
        return False
    others = np.delete(np.nan_to_num(_likeness(x, answers)), place)
    return float(others.max()) < most


def _likeness(x: Array, y: Array) -> Array:
    """(columns,) the size of each column's correlation with y; nan where either is the same for all samples."""
    columns, answers = x - x.mean(axis=0, dtype=np.float64), y - y.mean(dtype=np.float64)
    with np.errstate(all="ignore"):
        sizes = np.sqrt(np.einsum("ij,ij->j", columns, columns)) * np.sqrt(sum_of_squares(answers))
        return np.where(sizes > 1e-9, np.abs(np.einsum("i,ij->j", answers, columns)) / sizes, np.nan)


def duplicates(train: Array, other: Array, limits: Mapping[str, float], most: int | None = None) -> Iterator[Finding]:
    """Samples that are in the training data and in those it is tested on.

    most    how many of the others are looked at; None: all
    """
    if train.shape[1:] != other.shape[1:] or not train[0].size:
        return
    rows = np.sort(np.random.default_rng(0).permutation(len(other))[:most])
    known, asked = train.reshape(len(train), -1), other.reshape(len(other), -1)
    columns = np.argsort(known[: 4 * _LOOKED_AT].std(axis=0), kind="stable")[-_LOOKED_AT:]
    some, theirs = marks(known[:, columns]), marks(asked[rows[:, None], columns])
    if not (alike := np.isin(theirs, some)).any():
        return
    rows, like = rows[alike], np.isin(some, theirs)
    both = rows[np.isin(marks(asked[rows]), marks(known[like]))]  # few are left to be looked at whole
    if both.size:
        share = both.size / len(theirs)
        table = bool((known == np.round(known)).all()) and len(np.unique(some)) < 0.7 * len(some)  # of few combinations
        many = share > limits["duplicates_share"] and both.size > 2 and not table
        looked_at = "" if len(theirs) == len(other) else " that were looked at"
        yield Finding(
            "duplicates_across", "warning" if many else "notice",
            f"{both.size} of {len(theirs)} validation samples{looked_at} are in the training data, too; the first is "
            f"number {int(both[0])}.",
            "Samples were copied before they were split, or one part was taken from the other.",
            Fix("Leave them out of one part: what was learned by heart does not count."),
            units=tuple(both[:100].tolist()), value=share, threshold=limits["duplicates_share"], view="duplicates",
        )  # fmt: skip


def validation_differs(
    batch: Batch, other: Batch, slots: tuple[Slot, ...], limits: Mapping[str, float]
) -> Iterator[Finding]:
    """Validation inputs of another size than those that are learned from."""
    for x, held, slot in zip(batch.x, other.x, slots, strict=True):
        if slot.kind == "indices":
            continue
        std, std_held = float(np.std(x, dtype=np.float64)), float(np.std(held, dtype=np.float64))
        ratio = max(std, std_held) / max(min(std, std_held), 1e-12)
        shift = abs(float(x.mean(dtype=np.float64)) - float(held.mean(dtype=np.float64))) / max(std, 1e-12)
        if (
            std == 0
            or len(held) < _ENOUGH
            or not (ratio > limits["validation_scale"] or shift > limits["validation_shift"])
        ):
            continue
        spread = ratio > limits["validation_scale"]
        yield Finding(
            "validation_differs", "warning",
            f"The validation inputs run from {number(held.min())} to {number(held.max())}, those for training from "
            f"{number(x.min())} to {number(x.max())}.",
            "Validation data that were scaled in another way, or of another kind (a later stretch of a series, say).",
            Fix("Scale both parts with the same numbers, those of the training data."),
            value=ratio if spread else shift, threshold=limits["validation_scale" if spread else "validation_shift"],
            view="hardest",
        )  # fmt: skip


def classes_differ(y: Array, other: Array, loss: Any, limits: Mapping[str, float]) -> Iterator[Finding]:
    """Validation data with other classes than those that are learned from."""
    if not is_classification(loss) or min(len(y), len(other)) < _ENOUGH:
        return
    count = int(max(y.max(), other.max())) + 1 if y[0].size == 1 else 0
    shares, theirs = (_shares(part, count) for part in (y, other))
    differ = float(np.abs(shares - theirs).sum() / 2)
    if differ > limits["validation_classes"]:
        new = np.flatnonzero((theirs > 0) & (shares == 0))
        said = f"; of class {new[0]} there is no sample to learn from" if new.size else ""
        yield Finding(
            "validation_differs", "warning",
            f"The classes in the validation data are others than in the training data: {differ:.0%} would have to "
            f"change{said}.",
            "The samples were sorted by class when they were split; validation_split takes the last ones.",
            Fix("Shuffle samples and targets together before splitting them."),
            value=differ, threshold=limits["validation_classes"], view="confusion_of",
        )  # fmt: skip


def _shares(y: Array, count: int) -> Array:
    """The share of each class; `count` for class numbers, 0 for rows."""
    found = np.bincount(y.reshape(-1).astype(int), minlength=count) if count else y.reshape(-1, y.shape[-1]).sum(axis=0)
    return found / max(float(found.sum()), 1e-12)


def marks(x: Array) -> Array:
    """A 64-bit number for each sample; equal samples have equal ones, and others hardly ever.

    >>> marks(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]])).tolist().count(marks(np.array([[1.0, 2.0]]))[0])
    2
    """
    rows = np.ascontiguousarray(x.reshape(len(x), -1), dtype=np.float32) + 0.0  # -0.0 becomes 0.0
    weights = np.random.default_rng(0).integers(1, 2**63, rows.shape[1], dtype=np.uint64) | np.uint64(1)
    step = max(1, _CHUNK // max(rows.shape[1], 1))
    parts = [rows[i : i + step].view(np.uint32).astype(np.uint64) @ weights for i in range(0, len(rows), step)]
    return np.concatenate(parts)


def _short(row: Array) -> str:
    return str(row[0]) if row.size == 1 else np.array2string(row[:8], threshold=8)
