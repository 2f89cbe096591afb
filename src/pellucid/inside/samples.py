"""The data as the network sees them: what it takes for what, the samples with the highest loss, and duplicates."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import compiling, data
from ..arrays import Array
from ..errors import DataError, ShapeError, positive_int
from .blocks import Block, Shown, Table
from .doctor.data_checks import marks
from .representation import as_labels


@dataclass(frozen=True, repr=False)
class Hardest(Shown):
    """The samples with the highest loss, the highest first.

    places      (K,) which samples
    loss        (K,) of each
    every       (N,) the loss of every sample, in their order
    answers     (K, …) what the network says
    labels      (K,) their classes; None where targets are no classes
    """

    places: Array
    loss: Array
    every: Array
    answers: Array
    labels: Array | None

    @property
    def taken_for(self) -> Array:
        """(K,) the class that the network is surest of; for one output, whether it is above a half."""
        rows = self.answers.reshape(len(self.answers), -1)
        return rows.argmax(axis=1) if rows.shape[1] > 1 else (rows[:, 0] > 0.5).astype(int)

    @property
    def share(self) -> float:
        """Of the loss of all samples, how much these have."""
        return float(self.loss.sum() / (self.every.sum() or 1.0))

    def blocks(self) -> list[Block]:
        if self.labels is None:
            pairs = tuple((str(i), loss) for i, loss in zip(self.places, self.loss, strict=True))
            return [Table("Highest loss", ("sample", "loss"), pairs)]
        listed = zip(self.places, self.loss, self.labels, self.taken_for, strict=True)
        rows = tuple((str(i), loss, str(label), str(taken)) for i, loss, label, taken in listed)
        return [Table("Highest loss", ("sample", "loss", "is", "taken for"), rows)]


def hardest(model: Any, x: Any, y: Any, count: int = 24, answers: Any = None) -> Hardest:
    """The samples that the network finds hardest.

    answers   what `predict` says of them, where that is known already

    Raises ValueError for a model without `compile`: it has no loss.
    """
    positive_int(count, "hardest: count")
    batch = data.batch(x, y, inputs=model.input_slots(), targets=model.target_slots())
    losses = compiling.losses_of(model.recipe, model.output_names)
    which, loss = next(((i, loss) for i, loss in enumerate(losses) if loss is not None), (0, None))
    if loss is None:
        raise ValueError("hardest: the model has no loss of its own for each sample.")
    said = model.predict(list(batch.x), verbose=0) if answers is None else answers
    outputs = list(said.values()) if isinstance(said, dict) else said if isinstance(said, list) else [said]
    y_pred = np.asarray(outputs[which])
    targets = batch.y[which] if loss.takes_targets_raw else np.asarray(batch.y[which], dtype=y_pred.dtype)
    each = np.asarray(loss.call(targets, y_pred))
    every = each.reshape(len(each), -1).mean(axis=1)
    places = np.argsort(-every, kind="stable")[:count]
    labels = as_labels(y)
    return Hardest(
        places, every[places], every, np.asarray(outputs[0])[places], None if labels is None else labels[places]
    )


def confusion(labels: Array, taken_for: Array, classes: int) -> Array:
    """Counts of samples by their class and by the class they were taken for.

    labels, taken_for   (N,) whole numbers from 0
    returns             (classes, classes): row i is what class i was taken for; the diagonal is what was right

    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (labels, taken_for), 1)
    return counts


def most_confused(counts: Array, most: int = 20) -> Array:
    """The classes with the most mistakes, by what they are and by what was taken for them, in the order of the classes.

    >>> most_confused(np.array([[5, 0, 0], [0, 3, 2], [0, 1, 4]]), 2)
    array([1, 2])
    """
    wrong = counts - np.diag(np.diag(counts))
    return np.sort(np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable")[:most])


def confusion_of(model: Any, x: Any, y: Any) -> Array:
    """How often the model took each class for each: (classes, classes).

    Raises DataError for targets that are no classes.
    """
    labels = as_labels(y)
    if labels is None:
        raise DataError("confusion_of: needs classes: whole numbers, or rows with a one.")
    return confusion_of_answers(model.predict(x, verbose=0), labels)


def confusion_of_answers(answers: Array, labels: Array) -> Array:
    """The same of what the model said of each sample: a number for each class, or one number, above a half or not."""
    answers = np.asarray(answers).reshape(len(labels), -1)
    alone = answers.shape[1] == 1
    taken_for = (answers[:, 0] > 0.5).astype(int) if alone else answers.argmax(axis=1)
    return confusion(labels, taken_for, max(2 if alone else answers.shape[1], int(labels.max()) + 1))


def duplicates(x_train: Any, x_test: Any) -> tuple[tuple[int, int], ...]:
    """(place in the training data, place in the test data) of each test sample that is among the training data.

    Raises ShapeError for samples of different shapes.

    >>> duplicates([[1.0, 2.0], [3.0, 4.0]], [[3.0, 4.0], [5.0, 6.0]])
    ((1, 0),)
    """
    x_train, x_test = np.asarray(x_train), np.asarray(x_test)
    if x_train.shape[1:] != x_test.shape[1:]:
        raise ShapeError(f"duplicates: samples shaped {x_train.shape[1:]} and {x_test.shape[1:]} cannot be equal.")
    if not len(x_train) or not len(x_test):
        return ()
    known, where = np.unique(marks(x_train), return_index=True)
    asked = marks(x_test)
    near = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    hits = np.flatnonzero(known[near] == asked)
    pairs = ((int(where[near[i]]), int(i)) for i in hits)
    return tuple((mine, theirs) for mine, theirs in pairs if np.array_equal(x_train[mine], x_test[theirs]))
