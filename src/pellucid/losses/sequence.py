"""CTC: the loss of a label sequence whose letters may fall anywhere in a longer prediction.

Between, before and after the letters there may be blanks (class 0), and a letter may last for
several steps. The states are blank, letter 1, blank, letter 2, …, blank (S = 2L + 1 of them).

    alpha[t, s]   log-probability of all ways to be in state s at step t, having said all before it
    beta[t, s]    the same from step t to the end
    loss          = -log P(labels)
    backward      dL/dlogits = softmax(logits) - P(class at this step | labels)

Source: Graves, Fernández, Gomez & Schmidhuber, "Connectionist temporal classification", ICML 2006,
equations 5 to 8 and 15.
"""

from typing import Any

from ..arrays import Array, namespace, one_hot
from ..errors import ShapeError
from .formula import loss_function
from .loss import FormulaLoss, loss_for
from .pieces import exponentials

_NEVER = -1e5  # the logarithm of the probability of a way that does not exist


def _fit_sequences(name: str, y_true: Any, y_pred: Array, axis: Any = -1) -> tuple[Array, Array]:
    y_true = namespace(y_pred).asarray(y_true)
    if y_true.ndim != 2 or y_pred.ndim != 3 or y_true.shape[0] != y_pred.shape[0]:
        raise ShapeError(
            f"{name}: needs labels (N, L), padded with 0 at the end, and logits (N, T, C), "
            f"got {y_true.shape} and {y_pred.shape}."
        )
    return y_true.astype("int32"), y_pred


@loss_function(fit=_fit_sequences)
def ctc(y_true: Array, y_pred: Array) -> Array:
    """Minus the log-probability of each label sequence.

    y_true   (N, L)       class numbers from 1; zeros at the end are padding
    y_pred   (N, T, C)    logits; class 0 is the blank
    values   (N,)

    >>> ctc([[1]], [[[0.0, 0.0], [0.0, 0.0]]]).round(4)      # 3 of the 4 paths say "1"
    array([0.2877], dtype=float32)
    """
    lattice = _Lattice(y_true, y_pred)
    return -lattice.probability(lattice.alphas()[-1])


@ctc.backward_rule
def _(y_true: Array, y_pred: Array, dl: Array) -> Array:
    xp = namespace(y_pred)
    lattice = _Lattice(y_true, y_pred)
    alphas, betas = lattice.alphas(), lattice.betas()
    total = lattice.probability(alphas[-1])[:, None]
    there = [xp.exp(alpha + beta - total) for alpha, beta in zip(alphas, betas, strict=True)]  # T of (N, S)
    expected = xp.einsum("tns,nsc->ntc", xp.stack(there), lattice.classes)
    return (xp.exp(lattice.log_p) - expected) * dl[:, None, None]


class _Lattice:
    """The states of a batch of label sequences, and the sums over the ways through them."""

    def __init__(self, labels: Array, logits: Array) -> None:
        xp = self.xp = namespace(logits)
        count, longest = labels.shape
        blanks = xp.zeros_like(labels)
        states = xp.concatenate([xp.stack([blanks, labels], axis=2).reshape(count, -1), blanks[:, :1]], axis=1)
        if not longest:
            states = xp.zeros((count, 1), dtype=labels.dtype)
        x, _, total = exponentials(logits, -1)
        self.log_p = x - xp.log(total)
        self.classes = one_hot(states, logits.shape[2], logits.dtype)  # (N, S, C)
        said = xp.einsum("ntc,nsc->tns", self.log_p, self.classes)
        self.said = [said[t] for t in range(said.shape[0])]  # T of (N, S)
        before = xp.pad(states, ((0, 0), (2, 0)))[:, :-2]
        may_skip = (states != 0) & (states != before)  # from a letter to the next, unless they are the same
        self.skip = xp.asarray(xp.where(may_skip, 0.0, _NEVER), dtype=logits.dtype)
        place = xp.arange(states.shape[1])
        last = 2 * (labels != 0).sum(axis=1)[:, None]
        self.first = self._only(xp.broadcast_to(place < 2, states.shape))
        self.final = self._only((place == last) | (place == last - 1))

    def alphas(self) -> list[Array]:
        """alpha at every step."""
        alpha = self.first + self.said[0]
        alphas = [alpha]
        for said in self.said[1:]:
            alpha = self._join(alpha, self._shift(alpha, 1), self._shift(alpha, 2) + self.skip) + said
            alphas.append(alpha)
        return alphas

    def betas(self) -> list[Array]:
        """beta at every step, without what that step itself says."""
        beta = self.final
        betas = [beta]
        for said in reversed(self.said[1:]):
            ahead = beta + said
            beta = self._join(ahead, self._shift(ahead, -1), self._shift(ahead + self.skip, -2))
            betas.append(beta)
        return betas[::-1]

    def probability(self, alpha: Array) -> Array:
        """log P(labels), from the last alpha: the ways that end in the last letter or the blank after it."""
        x = alpha + self.final
        top = x.max(axis=1, keepdims=True)
        return top[:, 0] + self.xp.log(self.xp.exp(x - top).sum(axis=1))

    def _only(self, allowed: Array) -> Array:
        return self.xp.asarray(self.xp.where(allowed, 0.0, _NEVER), dtype=self.log_p.dtype)

    def _join(self, a: Array, b: Array, c: Array) -> Array:
        return self.xp.logaddexp(self.xp.logaddexp(a, b), c)

    def _shift(self, x: Array, by: int) -> Array:
        """x moved along the states; what enters is impossible."""
        width = x.shape[1]
        pad = ((0, 0), (max(by, 0), max(-by, 0)))
        moved = self.xp.pad(x, pad, constant_values=_NEVER)
        return moved[:, :width] if by > 0 else moved[:, -width:]


@loss_for(ctc)
class CTC(FormulaLoss):
    """Connectionist temporal classification, for labels without times: speech, handwriting."""
