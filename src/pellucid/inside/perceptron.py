"""The perceptron: a neuron that fires or does not, and Rosenblatt's rule by which it learns.

    fires      1 if Σ weight · input > threshold, else 0
    learns     weights ← weights + rate · (target - answer) · input
               threshold ← threshold - rate · (target - answer)

An answer that is right changes nothing. Where a line (a plane, …) parts the two classes, the rule finds one after at
most (R / margin)² corrections; where none does, it goes on for ever. Which of the two holds is not guessed: either the
widest margin is given, or a point that lies in the middle of both classes at once.

Sources: McCulloch & Pitts, "A logical calculus of the ideas immanent in nervous activity" (1943); Rosenblatt,
"The perceptron", Psychological Review 65 (1958); Novikoff, "On convergence proofs on perceptrons" (1962); Wolfe,
"Finding the nearest point in a polytope", Mathematical Programming 11 (1976).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, ShapeError, positive_int
from .blocks import Block, Shown, Table, factor, number, sum_of

GATES: dict[str, tuple[tuple[float, float], float]] = {  # weights and threshold of two inputs
    "and": ((1, 1), 1.5),
    "or": ((1, 1), 0.5),
    "nand": ((-1, -1), -1.5),
    "nor": ((-1, -1), -0.5),
}


@dataclass(frozen=True, repr=False)
class Firing(Shown):
    """One neuron, one set of inputs: the products, their sum against the threshold, the answer."""

    inputs: tuple[float, ...]
    weights: tuple[float, ...]
    threshold: float

    @property
    def sum(self) -> float:
        return float(np.dot(self.weights, self.inputs))

    @property
    def answer(self) -> int:
        return int(self.sum > self.threshold)

    @property
    def formula(self) -> str:
        terms = [f"{number(x)}·{factor(w)}" for x, w in zip(self.inputs, self.weights, strict=True)]
        side = ">" if self.answer else "≤"
        return f"{sum_of(terms)} = {number(self.sum)} {side} {number(self.threshold)} → {self.answer}"

    def blocks(self) -> list[Block]:
        return [self.formula]


def fire(weights: Any, threshold: float, inputs: Any) -> Firing:
    """Whether a neuron with these weights and this threshold fires.

    The hot dog: sausage counts 3, bun 2, mustard and all 6, and from more than 4 on one eats.

    >>> for dish in ((1, 1, 0), (0, 1, 0), (0, 0, 1)):
    ...     print(fire((3, 2, 6), 4, dish))
    1·3 + 1·2 + 0·6 = 5 > 4 → 1
    0·3 + 1·2 + 0·6 = 2 ≤ 4 → 0
    0·3 + 0·2 + 1·6 = 6 > 4 → 1
    """
    weights, inputs = np.asarray(weights, dtype=float), np.asarray(inputs, dtype=float)
    if weights.ndim != 1 or weights.shape != inputs.shape:
        raise ShapeError(
            f"fire: needs one weight for each input, got {weights.shape} weights and {inputs.shape} inputs."
        )
    return Firing(tuple(inputs.tolist()), tuple(weights.tolist()), float(threshold))


@dataclass(frozen=True)
class Correction:
    """One wrong answer, and what the rule made of it.

    epoch, sample       counted from 0
    before, after       the weights and the threshold, as (weights, threshold)
    """

    epoch: int
    sample: int
    firing: Firing
    target: int
    before: tuple[Array, float]
    after: tuple[Array, float]


@dataclass(frozen=True, repr=False)
class Separability(Shown):
    """Whether a plane parts the two classes, with its proof.

    margin      the widest distance of the nearest sample from a parting plane; 0 when there is none
    weights     of that plane, of length 1, and its threshold; None when there is none
    common      a point in the middle of both classes at once (a mean of samples of the one class and also of the
                other), with the shares of the samples in it; None when the classes can be parted
    """

    margin: float
    weights: Array | None
    threshold: float
    common: Array | None
    shares: Array | None

    @property
    def separable(self) -> bool:
        return self.common is None

    def blocks(self) -> list[Block]:
        if self.common is not None:
            middle = ", ".join(number(value) for value in self.common)
            return [f"Not separable: the point ({middle}) lies in the middle of both classes."]
        weights = ", ".join(number(value) for value in self.weights)  # type: ignore[union-attr]  # there, if separable
        return [f"Separable: weights {weights}, threshold {number(self.threshold)}, margin {number(self.margin)}."]


@dataclass(frozen=True, repr=False)
class Lesson(Shown):
    """How a perceptron learned.

    corrections   every wrong answer, in order
    errors        wrong answers by epoch
    converged     whether the last epoch had none
    bound         Novikoff's limit for the number of corrections, where the rule began at zero and can end; else None
    """

    weights: Array
    threshold: float
    corrections: tuple[Correction, ...]
    errors: tuple[int, ...]
    converged: bool
    proof: Separability
    bound: float | None

    def __call__(self, x: Any) -> Array:
        """The answers (N,) for inputs (N, I)."""
        return (np.asarray(x, dtype=float) @ self.weights > self.threshold).astype(int)

    @property
    def verdict(self) -> str:
        """What came of it, in a sentence."""
        if self.proof.common is not None:
            point = ", ".join(number(value) for value in self.proof.common)
            return (
                f"Not separable: the point ({point}) lies in the middle of both classes, so no weights are right for "
                f"all samples. After {len(self.errors)} epochs {self.errors[-1]} answers are wrong."
            )
        limit = "" if self.bound is None else f" (no more than {self.bound:.0f} can be needed)"
        state = "Learned" if self.converged else "Separable, but not yet learned:"
        return f"{state} after {len(self.corrections)} corrections in {len(self.errors)} epochs{limit}."

    def blocks(self) -> list[Block]:
        rows = tuple(
            (f"{c.epoch + 1}", str(c.sample), c.firing.formula, str(c.target), _plane(*c.after))
            for c in self.corrections[:20]
        )
        left = "" if len(self.corrections) <= 20 else f"20 of {len(self.corrections)}"
        heads = ("epoch", "sample", "sum", "target", "weights; threshold after")
        return [self.verdict, Table("Corrections", heads, rows, left)]


def learn(
    x: Any, y: Any, *, rate: float = 1.0, epochs: int = 100, weights: Any = None, threshold: float = 0.0
) -> Lesson:
    """Rosenblatt's rule, sample after sample, until an epoch without a wrong answer or for so many epochs.

    x          (N, I)
    y          (N,) of 0 and 1
    rate       how much a wrong answer moves the weights
    weights    to begin with; by default zeros

    Raises DataError or ShapeError for data of another form.

    >>> inputs = [(0, 0), (0, 1), (1, 0), (1, 1)]
    >>> print(learn(inputs, [0, 0, 0, 1]).verdict)
    Learned after 10 corrections in 6 epochs (no more than 51 can be needed).
    >>> print(learn(inputs, [0, 1, 1, 0], epochs=10).verdict)
    Not separable: the point (0.5, 0.5) lies in the middle of both classes, so no weights are right for all samples.
    After 10 epochs 4 answers are wrong.
    """
    x, y = _checked(x, y)
    positive_int(epochs, "epochs")
    if not rate > 0:
        raise ValueError(f"rate must be above 0, got {rate!r}.")
    w = np.zeros(x.shape[1]) if weights is None else np.array(weights, dtype=float)
    if w.shape != x.shape[1:]:
        raise ShapeError(f"learn: needs {x.shape[1]} weights, one for each input, got {w.shape}.")
    begins_at_zero = not w.any() and threshold == 0
    proof, corrections, errors = separability(x, y), [], []
    for epoch in range(epochs):
        wrong = 0
        for sample, (inputs, target) in enumerate(zip(x, y.tolist(), strict=True)):
            firing = fire(w, threshold, inputs)
            error = target - firing.answer
            if error:
                before, wrong = (w, threshold), wrong + 1
                w, threshold = w + rate * error * inputs, threshold - rate * error
                corrections.append(Correction(epoch, sample, firing, target, before, (w, threshold)))
        errors.append(wrong)
        if not wrong:
            break
    bound = None
    if proof.separable and begins_at_zero:
        far = np.sqrt((x * x).sum(axis=1) + 1).max()
        bound = float((far / _lifted_margin(x, y)) ** 2)
    return Lesson(w, float(threshold), tuple(corrections), tuple(errors), errors[-1] == 0, proof, bound)


def separability(x: Any, y: Any) -> Separability:
    """Whether a plane parts the samples of class 1 from those of class 0, with the widest margin or a point of both.

    >>> found = separability([(0, 0), (2, 0)], [0, 1])
    >>> found.margin, found.weights, found.threshold
    (1.0, array([1., 0.]), 1.0)
    """
    x, y = _checked(x, y)
    ones, zeros = x[y == 1], x[y == 0]
    if not len(ones) or not len(zeros):  # one class: a plane beyond all samples
        side = 1.0 if len(ones) else -1.0
        weights = np.zeros(x.shape[1])
        return Separability(np.inf, weights, -side, None, None)
    between, of_ones, of_zeros = nearest(ones, zeros)
    distance = float(np.sqrt(between @ between))
    if distance > 1e-9 * max(float(np.abs(x).max()), 1e-300):
        weights = between / distance
        low, high = (zeros @ weights).max(), (ones @ weights).min()
        return Separability(distance / 2, weights, float(low + high) / 2, None, None)
    shares = np.zeros(len(x))
    shares[y == 1], shares[y == 0] = of_ones, of_zeros
    return Separability(0.0, None, 0.0, of_ones @ ones, shares)


def nearest(ones: Array, zeros: Array) -> tuple[Array, Array, Array]:
    """The shortest way from the means of the one set of points to the means of the other, and the shares of its ends.

    Wolfe's algorithm on all differences one - zero: a set of corners grows by the difference that lies furthest
    towards the origin, and loses those whose share would be negative, until none lies further.

    >>> nearest(np.array([[2.0, 1.0], [2.0, -1.0]]), np.array([[0.0, 0.0]]))
    (array([2., 0.]), array([0.5, 0.5]), array([1.]))
    """
    corners, shares = [(0, 0)], np.ones(1)
    scale = float(np.abs(ones).max() + np.abs(zeros).max()) ** 2
    for _ in range(20 * (len(ones) + len(zeros) + ones.shape[1]) + 100):
        points = np.array([ones[i] - zeros[j] for i, j in corners])
        here = shares @ points
        best = int(np.argmin(ones @ here)), int(np.argmax(zeros @ here))
        if (ones[best[0]] - zeros[best[1]]) @ here > here @ here - 1e-14 * scale or best in corners:
            break
        corners, shares = [*corners, best], np.append(shares, 0.0)
        while True:
            goal = _flat_nearest(np.array([ones[i] - zeros[j] for i, j in corners]))
            leaving = goal <= 1e-12
            if not leaving.any():
                shares = goal
                break
            reach = shares[leaving] / np.maximum(shares[leaving] - goal[leaving], 1e-300)
            shares = shares + min(1.0, float(reach.min())) * (goal - shares)
            staying = shares > 1e-12
            if staying.all():
                staying[np.argmin(shares)] = False
            corners = [corner for corner, stays in zip(corners, staying, strict=True) if stays]
            shares = shares[staying] / shares[staying].sum()
    of_ones, of_zeros = np.zeros(len(ones)), np.zeros(len(zeros))
    for (i, j), share in zip(corners, shares, strict=True):
        of_ones[i] += share
        of_zeros[j] += share
    return of_ones @ ones - of_zeros @ zeros, of_ones, of_zeros


def _flat_nearest(points: Array) -> Array:
    """The shares, negative ones too, of the point nearest to the origin in the plane through these points."""
    count = len(points)
    system = np.ones((count + 1, count + 1))
    system[0, 0], system[1:, 1:] = 0.0, points @ points.T
    return np.linalg.lstsq(system, np.eye(count + 1)[0], rcond=None)[0][1:]


def _lifted_margin(x: Array, y: Array) -> float:
    """The widest margin of a plane through the origin, for samples with a constant input of -1 beside them."""
    lifted = np.column_stack([x, -np.ones(len(x))]) * np.where(y == 1, 1.0, -1.0)[:, None]
    between, _, _ = nearest(lifted, np.zeros((1, lifted.shape[1])))
    return float(np.sqrt(between @ between))


def _checked(x: Any, y: Any) -> tuple[Array, Array]:
    x, y = np.asarray(x, dtype=float), np.asarray(y)
    if x.ndim != 2 or y.shape != x.shape[:1] or not len(x):
        raise ShapeError(f"perceptron: needs x of (samples, inputs) and one y a sample, got {x.shape} and {y.shape}.")
    if not np.isfinite(x).all() or not np.isin(y, (0, 1)).all():
        raise DataError("perceptron: needs finite inputs, and targets that are 0 or 1.")
    return x, y.astype(int)


def _plane(weights: Array, threshold: float) -> str:
    return f"{', '.join(map(number, weights))}; {number(threshold)}"
