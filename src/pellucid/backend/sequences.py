"""Functions of `K` over time: the cost of a sequence of labels by CTC, and loops over steps."""

from collections.abc import Callable, Sequence
from typing import Any

from ..arrays import Array
from ..config import epsilon
from ..losses import ctc
from .symbols import array, on_symbols, shared

_NEVER = -1e4


@on_symbols
def ctc_batch_cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Array:
    """Minus the log-probability of each sequence of labels, (N, 1).

    y_true         (N, L)      class numbers from 0
    y_pred         (N, T, C)   probabilities; the last class is the blank
    input_length   (N, 1)      how many steps of y_pred count
    label_length   (N, 1)      how many labels count

    Source: Graves, Fernández, Gomez & Schmidhuber, "Connectionist temporal classification", ICML (2006).
    """
    labels, chance = array(y_true), array(y_pred)
    xp = shared(labels, chance)
    steps = xp.arange(chance.shape[1]) < xp.reshape(array(input_length), (-1, 1))  # (N, T)
    counts = xp.arange(labels.shape[1]) < xp.reshape(array(label_length), (-1, 1))
    labels = xp.where(counts, labels + 1, 0)
    labels = labels.astype("int32")
    scores = xp.log(chance + epsilon())
    scores = xp.concatenate([scores[..., -1:], scores[..., :-1]], axis=-1)  # the blank comes first
    over = xp.asarray([0.0] + [_NEVER] * (chance.shape[2] - 1), dtype=chance.dtype)  # blanks, after the last step
    return ctc(labels, xp.where(steps[..., None], scores, over))[:, None]


def rnn(
    step_function: Callable[[Any, list[Any]], tuple[Any, list[Any]]],
    inputs: Any,
    initial_states: Sequence[Any],
    go_backwards: bool = False,
    mask: Any = None,
    constants: Sequence[Any] | None = None,
    unroll: bool = False,
    input_length: int | None = None,
) -> tuple[Any, Any, list[Any]]:
    """Call a step for each moment: (last output, all outputs (N, T, …), last states).

    step_function   (input (N, …), states + constants) -> (output, new states)
    mask            (N, T); where it is false, states and output stay what they were
    """
    x = array(inputs)
    xp, states, others = shared(x), list(initial_states), list(constants or ())
    moments = range(x.shape[1])
    seen: list[Any] = []
    for t in reversed(moments) if go_backwards else moments:
        output, new = step_function(x[:, t], states + others)
        if mask is not None:
            here = array(mask)[:, t].reshape(-1, *(1,) * (output.ndim - 1)) != 0
            before = seen[-1] if seen else xp.zeros_like(output)
            output = xp.where(here, output, before)
            new = [xp.where(here, one, state) for one, state in zip(new, states, strict=True)]
        seen.append(output)
        states = list(new)
    return seen[-1], xp.stack(seen, axis=1), states
