"""Checks of the data before training: their scale, their targets, the balance of classes, duplicates and leaks."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ... import losses
from ...arrays import Array
from ...data import Slot
from ...engine.batch import Batch
from ..blocks import number
from .finding import Finding, Fix
from .yardstick import is_classification

_SCALE = Fix("Scale the inputs: subtract the mean and divide by the standard deviation (or pixels / 255).", "scale")
_CHUNK = 1 << 20  # numbers hashed at a time


def inputs_scaled(batch: Batch, slots: tuple[Slot, ...], limits: Mapping[str, float]) -> Iterator[Finding]:
    """Inputs of about the size that initial weights are made for."""
    for x, slot in zip(batch.x, slots, strict=True):
        if slot.kind == "indices":
            continue
        largest, std = float(np.abs(x).max()), float(np.std(x, dtype=np.float64))
        binary = largest <= 1 and bool(((x == 0) | (x == 1)).all())
        said: tuple[str, float, float] | None = None
        if largest > limits["input_largest"]:
            said = f"as large as {number(largest)}", largest, limits["input_largest"]
        elif std > limits["input_std_high"]:
            said = f"spread out by {number(std)} (standard deviation)", std, limits["input_std_high"]
        elif std < limits["input_std_low"] and not binary:
            said = f"nearly all alike: their standard deviation is {number(std)}", std, limits["input_std_low"]
        if said is not None:
            yield Finding(
                "inputs_scaled", "warning", f"The inputs {slot.name!r} are {said[0]}.",
                "They were not scaled. Sums far from 0 saturate units and need tiny learning rates.", _SCALE,
                value=said[1], threshold=said[2], view="activations",
            )  # fmt: skip
        elif largest > limits["input_range"]:
            yield Finding(
                "inputs_scaled", "hint", f"The inputs {slot.name!r} reach {number(largest)}.",
                "Fine where they vary by about 1.", _SCALE, value=largest, threshold=limits["input_range"],
            )  # fmt: skip


def targets(batch: Batch, found: list[Any], limits: Mapping[str, float]) -> Iterator[Finding]:
    """Targets that differ, of a size that steps can reach, with no class drowned by others."""
    for y, loss in zip(batch.y, found, strict=True):
        rows = y.reshape(len(y), -1)
        if len(y) > 1 and (rows == rows[0]).all():
            yield Finding(
                "targets_constant", "error", f"All {len(y)} targets are the same, {_short(rows[0])}.",
                "A filter kept one class, or the wrong column was taken. There is nothing to learn.",
                Fix("Look at where y comes from."), view="data",
            )  # fmt: skip
        elif is_classification(loss):
            yield from _balance(y, loss, limits)
        elif (std := float(np.std(rows, dtype=np.float64))) > limits["target_std"]:
            yield Finding(
                "targets_scaled", "warning", f"The targets vary by {number(std)} (standard deviation).",
                "Weights of about 1 are far from them, and the gradients are as large as they are.",
                Fix("Divide the targets by their standard deviation, and multiply predictions by it."),
                value=std, threshold=limits["target_std"], view="data",
            )  # fmt: skip


def _balance(y: Array, loss: Any, limits: Mapping[str, float]) -> Iterator[Finding]:
    if isinstance(loss, losses.SparseCategoricalCrossentropy):
        counts = np.bincount(y.reshape(-1).astype(int))
    elif y.ndim > 1 and y.shape[-1] > 1:
        counts = y.reshape(-1, y.shape[-1]).sum(axis=0)
    else:
        counts = np.array([y.size - y.sum(), y.sum()])
    counts = counts[counts > 0]
    if len(counts) > 1 and (ratio := float(counts.max() / counts.min())) > limits["imbalance"]:
        weights = {"balance": True}
        yield Finding(
            "class_balance", "warning",
            f"The largest class has {number(counts.max())} samples, the smallest {number(counts.min())}.",
            "A network that always answers with the largest looks good and has learned nothing.",
            Fix("Give rare classes more weight: fit(..., class_weight={...}), and look at more than accuracy.",
                "", weights),
            value=ratio, threshold=limits["imbalance"], view="data",
        )  # fmt: skip


def leaked_answer(batch: Batch) -> Iterator[Finding]:
    """An input that is the answer itself."""
    x, y = batch.x[0], batch.y[0]
    if x.ndim != 2 or len(x) < 20:
        return
    columns = x.astype(np.float64) - x.mean(axis=0)
    answers = y.reshape(len(y), -1).astype(np.float64)
    answers = answers - answers.mean(axis=0)
    with np.errstate(all="ignore"):
        sizes = np.sqrt((columns**2).sum(axis=0))[:, None] * np.sqrt((answers**2).sum(axis=0))
        likeness = np.abs(columns.T @ answers) / sizes
    likeness = np.where(sizes > 1e-9, likeness, 0)
    place = np.unravel_index(int(np.argmax(likeness)), likeness.shape)
    if likeness[place] > 0.9999:
        yield Finding(
            "leak", "warning", f"Input {int(place[0])} is the target itself, up to scale and shift.",
            "The answer stands among the inputs; where it is not known, the network will fail.",
            Fix("Leave that column out."), units=(int(place[0]),), value=float(likeness[place]), threshold=0.9999,
            view="data",
        )  # fmt: skip


def duplicates(train: Array, other: Array) -> Iterator[Finding]:
    """Samples that are in the training data and in those it is tested on."""
    if train.shape[1:] != other.shape[1:]:
        return
    known, asked = marks(train), marks(other)
    both = np.flatnonzero(np.isin(asked, known))
    if both.size:
        yield Finding(
            "duplicates_across", "warning",
            f"{both.size} of {len(other)} validation samples are in the training data, too; the first is number "
            f"{int(both[0])}.",
            "Samples were copied before they were split, or one part was taken from the other.",
            Fix("Leave them out of one part: what was learned by heart does not count."),
            units=tuple(both[:100].tolist()), value=float(both.size), threshold=0, view="data",
        )  # fmt: skip


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
