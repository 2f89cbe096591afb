"""LSTM: a state that is added to rather than rewritten, with gates that say what is let in, kept and let out.

    forward    z    = x @ kernel + h @ recurrent_kernel + bias       four sums a unit: i, f, g, o
               i, f, o = σ(z_i), σ(z_f), σ(z_o)                       input, forget and output gate
               g    = tanh(z_g)                                       what is proposed
               c'   = f · c + i · g
               h'   = o · tanh(c')
    backward   do   = dh' · tanh(c')          dc' += dh' · o · (1 - tanh²(c'))
               df   = dc' · c                 di  = dc' · g
               dg   = dc' · i                 dc  = dc' · f            what the time step before hears
               dz   = each times the slope of its σ or tanh
               dh   = dz @ recurrent_kernelᵀ

Along c the gradient is only multiplied by f: this is why it reaches back far. The
rest of the way back is in recurrent.py.

Sources: Hochreiter & Schmidhuber, "Long short-term memory", Neural Computation 9
(1997); the forget gate: Gers, Schmidhuber & Cummins, "Learning to forget", Neural
Computation 12 (2000), equations 6 to 9; its bias of 1: Jozefowicz, Zaremba & Sutskever,
"An empirical exploration of recurrent network architectures", ICML (2015).
"""

from typing import Any

import numpy as np

from ..arrays import Array, namespace
from .layer import Params, draw
from .old_names import RECURRENT, takes_old_names
from .recurrent import Cell, States, weigh, weigh_back
from .rnn import GatedRNN
from .table import register_layer


class InnerStateCell(Cell):
    """Base of the cells with an inner state c beside the output h, and the gates i, f, g, o: LSTM's, ConvLSTM's."""

    gates = 4
    unit_forget_bias: bool

    @property
    def state_size(self) -> list[int]:
        return [self.units, self.units]

    def init_bias(self, key: Array) -> Array:
        """`unit_forget_bias`: the forget gates' begin at 1, so that the inner state is kept at first."""
        if not self.unit_forget_bias:
            return super().init_bias(key)
        first = draw(self.bias_initializer, key, 2, (self.units,), self.dtype)
        rest = draw(self.bias_initializer, key, 3, (2 * self.units,), self.dtype)
        return np.concatenate([first, np.ones(self.units, dtype=self.dtype), rest])


@register_layer("LSTMCell")
class LSTMCell(InnerStateCell):
    """One time step of `LSTM`. Its states are the output h and the inner state c.

    Args:
        units, activation, …: as in `LSTM`.
    """

    @takes_old_names(RECURRENT)
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.take(locals())

    def step(self, params: Params, z: Array, before: States, thin: Array | None) -> tuple[States, Any]:
        h, c = before
        z = (z + weigh(h, params["recurrent_kernel"], thin)).reshape(len(z), 4, self.units)
        gates = self.recurrent_activation(z[:, :2])  # i and f at once
        g, o = self.activation(z[:, 2]), self.recurrent_activation(z[:, 3])
        c = gates[:, 1] * c + gates[:, 0] * g
        squashed = self.activation(c)
        return (o * squashed, c), (z, gates, g, o, squashed)

    def step_back(
        self, params: Params, kept: Any, before: States, after: States, dafter: States, thin: Array | None
    ) -> tuple[States, tuple[Array, ...]]:
        xp = namespace(dafter[0])
        z, gates, g, o, squashed = kept
        (h, c), (dh, dc) = before, dafter
        dc = dc + self.activation.backward(after[1], squashed, dh * o)
        dgates = self.recurrent_activation.backward(z[:, :2], gates, dc[:, None] * xp.stack([g, c], axis=1))
        dg = self.activation.backward(z[:, 2], g, dc * gates[:, 0])
        do = self.recurrent_activation.backward(z[:, 3], o, dh * squashed)
        dz = xp.concat([dgates, dg[:, None], do[:, None]], axis=1).reshape(len(z), -1)
        dh, _ = weigh_back(h, dz, params["recurrent_kernel"], thin, ("inputs",))
        return (dh, dc * gates[:, 1]), (dz,)


@register_layer("LSTM")
class LSTM(GatedRNN):
    """A recurrent layer with a gated inner state. Its states are the output h and the inner state c.

    Args:
        units: number of outputs, U.
        activation: name or function, for what is proposed and what is let out.
        recurrent_activation: name or function, for the gates.
        use_bias: whether to add a bias.
        unit_forget_bias: whether the forget gates' biases start at 1.
        kernel_…, recurrent_…, bias_initializer, …_regularizer, …_constraint: for the kernel on the inputs,
            the one on the states, and the bias; their columns are i, f, g, o.
        activity_regularizer: a penalty on the output.
        dropout, recurrent_dropout: share of the inputs, and of the states, to drop while training.
        return_sequences, return_state, go_backwards, stateful, unroll, seed, zero_output_for_mask: as in `SimpleRNN`.
        use_cudnn: kept for Keras; it says nothing here.

    >>> LSTM(8, return_state=True).compute_output_shape((None, 5, 3))
    [(None, 8), (None, 8), (None, 8)]
    """

    @takes_old_names(RECURRENT)
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: Any = "auto",
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(LSTMCell, locals())
