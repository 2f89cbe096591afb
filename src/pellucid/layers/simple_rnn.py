"""SimpleRNN: what it gave out at the last time step goes in again at the next.

    forward    h'  = f(x @ kernel + h @ recurrent_kernel + bias)
    backward   ds  = f'(s) · dh'                 s: what is in the brackets
               dh  = ds @ recurrent_kernelᵀ      what the time step before hears
               drecurrent_kernel = hᵀ @ ds       summed over the time steps

The rest of the way back is in recurrent.py.

Source: Elman, "Finding structure in time", Cognitive Science 14 (1990), figure 2.
"""

from typing import Any

from ..arrays import Array
from .layer import Params
from .old_names import RECURRENT, takes_old_names
from .recurrent import Cell, States, weigh, weigh_back
from .rnn import GatedRNN
from .table import register_layer


@register_layer("SimpleRNNCell")
class SimpleRNNCell(Cell):
    """One time step of `SimpleRNN`.

    Args:
        units, activation, …: as in `SimpleRNN`.
    """

    gates = 1

    @takes_old_names(RECURRENT)
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
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
        s = z + weigh(before[0], params["recurrent_kernel"], thin)
        return (self.activation(s),), s

    def step_back(
        self, params: Params, kept: Array, before: States, after: States, dafter: States, thin: Array | None
    ) -> tuple[States, tuple[Array, ...]]:
        ds = self.activation.backward(kept, after[0], dafter[0])
        dh, _ = weigh_back(before[0], ds, params["recurrent_kernel"], thin, ("inputs",))
        return (dh,), (ds,)


@register_layer("SimpleRNN")
class SimpleRNN(GatedRNN):
    """A recurrent layer that feeds its output back.

    Args:
        units: number of outputs, U.
        activation: name or function applied to the sums.
        use_bias: whether to add a bias.
        kernel_…, recurrent_…, bias_initializer, …_regularizer, …_constraint: for the kernel on the inputs,
            the one on the states, and the bias.
        activity_regularizer: a penalty on the output.
        dropout, recurrent_dropout: share of the inputs, and of the states, to drop while training.
        return_sequences: whether to return the output of every time step, or the last one's.
        return_state: whether to return the last state as well.
        go_backwards: whether to walk from the last time step to the first.
        stateful: whether each batch starts from the states that the batch before left (sample i from sample i).
        unroll: kept for Keras; the numbers are the same.
        seed: kept for Keras; dropout draws from the key of the training (`set_random_seed`).
        zero_output_for_mask: whether masked time steps give out zeros, and not the output before them.

    >>> SimpleRNN(8, return_sequences=True).compute_output_shape((None, 5, 3))
    (None, 5, 8)
    """

    @takes_old_names(RECURRENT)
    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(SimpleRNNCell, locals())
