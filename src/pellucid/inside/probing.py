"""Features compared: how well straight cuts part the classes, in pixels, in engineered and in learned features.

    probe    the linear classifier of least squares with a penalty: W = (XᵀX + λI)⁻¹ XᵀY on standardized features X,
             Y with a one for the class; the class of a sample is the largest of xW
    λ        of six, the one that leaves the least error when each sample is left out once (known without refitting)

Sources: Alain & Bengio, "Understanding intermediate layers using linear classifier probes", ICLR workshop (2017);
Allen, "The relationship between variable selection and data augmentation and a method for prediction",
Technometrics 16 (1974), for the error with one sample left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, ShapeError
from .blocks import Block, Shown, Table
from .engineered import oriented_gradients
from .representation import activations_of, as_labels
from .trace import trace

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)


@dataclass(frozen=True)
class Features:
    """One set of features and what a linear probe gets right with it.

    name            "pixels", "oriented gradients" or a layer's name
    kind            "raw", "engineered" or "learned"
    size            features a sample
    train, test     accuracy of the probe, 0 to 1
    """

    name: str
    kind: str
    size: int
    train: float
    test: float


@dataclass(frozen=True, repr=False)
class FeatureComparison(Shown):
    """Raw, engineered and learned features, side by side.

    model   accuracy of the network itself on the test samples; None where its output is no class
    """

    rows: tuple[Features, ...]
    model: float | None

    def blocks(self) -> list[Block]:
        rows = tuple((r.name, r.kind, str(r.size), f"{r.train:.1%}", f"{r.test:.1%}") for r in self.rows)
        table = Table("A linear probe on", ("features", "kind", "size", "training", "test"), rows)
        return [table] if self.model is None else [table, f"The network itself: {self.model:.1%} on the test samples."]


def compare_features(
    model: Any,
    x_train: Any,
    y_train: Any,
    x_test: Any,
    y_test: Any,
    image_shape: tuple[int, ...] | None = None,
    layers: Sequence[str] | None = None,
) -> FeatureComparison:
    """Linear probes on the inputs, on histograms of oriented gradients (for images) and on every layer.

    image_shape   (H, W) or (H, W, C) of the inputs as images; by default as they come, if they come so
    layers        by default all that do more than reshape

    Raises DataError for targets that are no classes, ValueError for a layer that there is not.
    """
    labels, asked = as_labels(y_train), as_labels(y_test)
    if labels is None or asked is None:
        raise DataError("compare_features: needs classes: whole numbers, or rows with a one.")
    before, after = trace(model, x_train), trace(model, x_test)
    x = np.asarray(before.batch.x[0])
    shape = image_shape or (x.shape[1:] if x.ndim in (3, 4) else None)
    wanted = [name for name, _ in activations_of(before)] if layers is None else ["inputs", *layers]
    both = zip(activations_of(before, wanted), activations_of(after, wanted), strict=True)
    pairs = [(name, rows, others) for (name, rows), (_, others) in both]
    _, rows, others = pairs[0]
    found = [_probed("pixels" if shape else "inputs", "raw", rows, others, labels, asked)]
    if shape:
        rows, others = (oriented_gradients(np.asarray(seen.batch.x[0]).reshape(-1, *shape)) for seen in (before, after))
        found.append(_probed("oriented gradients", "engineered", rows, others, labels, asked))
    found += [_probed(name, "learned", rows, others, labels, asked) for name, rows, others in pairs[1:]]
    answers = activations_of(after)[-1][1]
    classes = int(max(labels.max(), asked.max())) + 1
    own = float((answers.argmax(axis=1) == asked).mean()) if answers.shape[1] >= max(classes, 2) else None
    return FeatureComparison(tuple(found), own)


def linear_probe(x: Array, labels: Array, x_test: Array, labels_test: Array) -> tuple[float, float]:
    """Accuracy of the linear classifier on the samples that it was fitted to, and on others.

    x, x_test   (N, features), (M, features)

    >>> x = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    >>> linear_probe(x, np.array([0, 0, 1, 1]), np.array([[-3.0], [0.5]]), np.array([0, 0]))
    (1.0, 0.5)
    """
    x, x_test = (np.asarray(part, dtype=np.float64) for part in (x, x_test))
    labels, labels_test = (np.asarray(part).astype(int) for part in (labels, labels_test))
    if (len(x), len(x_test)) != (len(labels), len(labels_test)):
        counts = f"{len(x)} and {len(labels)}, {len(x_test)} and {len(labels_test)}"
        raise ShapeError(f"linear_probe: needs a label for each sample, got {counts}.")
    mean, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 1e-9 * max(float(spread.max()), 1e-300), spread, np.inf)  # constant: no help
    x, x_test = (x - mean) / spread, (x_test - mean) / spread
    targets = np.eye(int(max(labels.max(), labels_test.max())) + 1)[labels]
    middle = targets.mean(axis=0)
    squares, left = _singular(x)
    seen = left.T @ (targets - middle)
    best, weights = np.inf, np.zeros((x.shape[1], targets.shape[1]))
    for penalty in PENALTIES:
        shrink = squares / (squares + penalty * len(x))
        missed = targets - middle - left @ (shrink[:, None] * seen)
        reach = np.minimum(np.square(left) @ shrink + 1 / len(x), 1 - 1e-9)  # of each sample on its own answer
        error = float(np.square(missed / (1 - reach)[:, None]).mean())
        if error < best:
            best, weights = error, x.T @ (left @ (seen / (squares + penalty * len(x))[:, None]))
    pairs = ((x, labels), (x_test, labels_test))
    train, test = (float(((part @ weights + middle).argmax(axis=1) == true).mean()) for part, true in pairs)
    return train, test


def _singular(x: Array) -> tuple[Array, Array]:
    """x = U S Vᵀ: S² and U, from the products of the rows or of the columns, whichever are fewer.

    What is lost in S² beside its largest value is far below the smallest penalty that is added to it.
    """
    if len(x) <= x.shape[1]:
        squares, left = np.linalg.eigh(x @ x.T)
        return np.maximum(squares, 0), left
    squares, right = np.linalg.eigh(x.T @ x)
    squares = np.maximum(squares, 0)
    known = squares > 1e-10 * max(float(squares.max()), 1e-300)
    return squares[known], x @ (right[:, known] / np.sqrt(squares[known]))


def _probed(name: str, kind: str, rows: Array, others: Array, labels: Array, asked: Array) -> Features:
    return Features(name, kind, rows.shape[1], *linear_probe(rows, labels, others, asked))
