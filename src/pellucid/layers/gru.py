"""GRU: the output is a mixture of what it was and what is proposed, and gates say how much of each.

    forward    z, r = σ(x @ K_z + h @ R_z), σ(x @ K_r + h @ R_r)        update and reset gate
               n    = tanh(x @ K_n + r · (h @ R_n + b))                  with reset_after
               n    = tanh(x @ K_n + (r · h) @ R_n)                      without
               h'   = z · h + (1 - z) · n
    backward   dz   = dh' · (h - n)           dn = dh' · (1 - z)
               ds   = each times the slope of its σ or tanh
               with reset_after      dr = ds_n · (h @ R_n + b)           dm = r · ds_n
                                     dh = dh' · z + [ds_z, ds_r, dm] @ [R_z, R_r, R_n]ᵀ
               without               dr = (ds_n @ R_nᵀ) · h
                                     dh = dh' · z + (ds_n @ R_nᵀ) · r + [ds_z, ds_r] @ [R_z, R_r]ᵀ

K and R are the thirds of `kernel` and `recurrent_kernel`; each sum has a bias as well.
With reset_after there are two: one for the inputs' share and one for the states'. The
rest of the way back is in recurrent.py.

Sources: Cho, van Merriënboer, Gulcehre, Bahdanau, Bougares, Schwenk & Bengio, "Learning
phrase representations using RNN encoder-decoder for statistical machine translation",
EMNLP (2014), equations 5 to 8 (in its first version on arXiv, 1406.1078v1, the reset
comes after the product); the mixture as here: Chung, Gulcehre, Cho & Bengio, arXiv:1412.3555.
"""

from typing import Any

from ..arrays import Array, namespace
from .layer import Params, draw
from .old_names import RECURRENT, takes_old_names
from .recurrent import Cell, States, Walk, rows, weigh, weigh_back
from .rnn import GatedRNN
from .table import register_layer


@register_layer("GRUCell")
class GRUCell(Cell):
    """One time step of `GRU`.

    Args:
        units, activation, …: as in `GRU`.
    """

    gates = 3
    reset_after: bool

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
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.take(locals())

    def init_bias(self, key: Array) -> Array:
        size = 3 * self.units
        return draw(self.bias_initializer, key, 2, (2, size) if self.reset_after else (size,), self.dtype)

    def input_bias(self, params: Params) -> Array:
        return params["bias"][0] if self.reset_after else params["bias"]

    def step(self, params: Params, z: Array, before: States, thin: Array | None) -> tuple[States, Any]:
        h, u = before[0], self.units
        of_gates, of_n = self._cut(params, thin)
        if self.reset_after:
            m = weigh(h, params["recurrent_kernel"], thin)
            m = m + params["bias"][1] if self.use_bias else m
            m, inner = m[:, : 2 * u], m[:, 2 * u :]
        else:
            m = weigh(h, *of_gates)
        s = (z[:, : 2 * u] + m).reshape(len(h), 2, u)
        gates = self.recurrent_activation(s)  # z and r at once
        if self.reset_after:
            s_n = z[:, 2 * u :] + gates[:, 1] * inner
        else:
            inner = gates[:, 1] * h
            s_n = z[:, 2 * u :] + weigh(inner, *of_n)
        n = self.activation(s_n)
        return (n + gates[:, 0] * (h - n),), (s, gates, s_n, n, inner)

    def step_back(
        self, params: Params, kept: Any, before: States, after: States, dafter: States, thin: Array | None
    ) -> tuple[States, tuple[Array, ...]]:
        s, gates, s_n, n, inner = kept
        h, dh = before[0], dafter[0]
        xp, z, r = namespace(h), gates[:, 0], gates[:, 1]
        of_gates, of_n = self._cut(params, thin)
        ds_n = self.activation.backward(s_n, n, dh * (1 - z))
        dinner = ds_n * r if self.reset_after else weigh_back(inner, ds_n, *of_n, ("inputs",))[0]
        dr = ds_n * inner if self.reset_after else dinner * h
        dgates = self.recurrent_activation.backward(s, gates, xp.stack([dh * (h - n), dr], axis=1))
        dgates = dgates.reshape(len(h), -1)
        dz, dh = xp.concat([dgates, ds_n], axis=1), dh * z
        if self.reset_after:
            dm = xp.concat([dgates, dinner], axis=1)
            return (dh + weigh_back(h, dm, params["recurrent_kernel"], thin, ("inputs",))[0],), (dz, dm)
        return (dh + dinner * r + weigh_back(h, dgates, *of_gates, ("inputs",))[0],), (dz, inner)

    def recurrent_gradients(self, params: Params, walk: Walk, before: States, slopes: tuple[Array, ...]) -> Params:
        xp, u, (dz, other) = namespace(slopes[0]), self.units, slopes
        if self.reset_after:
            grads = super().recurrent_gradients(params, walk, before, (other,))
            if self.use_bias:
                grads["bias"] = xp.stack([rows(dz).sum(axis=0), grads["bias"]])
            return grads
        of_gates, of_n = self._cut(params, walk.thin_h)
        _, dgates = weigh_back(before[0], dz[..., : 2 * u], *of_gates, ("params",))
        _, dn = weigh_back(other, dz[..., 2 * u :], *of_n, ("params",))
        grads = {"recurrent_kernel": xp.concat([dgates, dn], axis=1)}
        return {**grads, "bias": rows(dz).sum(axis=0)} if self.use_bias else grads

    def _cut(self, params: Params, thin: Array | None) -> tuple[tuple[Array, Any], tuple[Array, Any]]:
        """The recurrent kernel and its thinning: what the gates have, and what n has."""
        u, kernel = self.units, params["recurrent_kernel"]
        of_gates, of_n = (None, None) if thin is None else (thin[:2], thin[2:])
        return (kernel[:, : 2 * u], of_gates), (kernel[:, 2 * u :], of_n)


@register_layer("GRU")
class GRU(GatedRNN):
    """A recurrent layer whose output is its state, mixed by gates.

    Args:
        units: number of outputs, U.
        activation: name or function, for what is proposed.
        recurrent_activation: name or function, for the gates.
        use_bias: whether to add a bias.
        kernel_…, recurrent_…, bias_initializer, …_regularizer, …_constraint: for the kernel on the inputs,
            the one on the states, and the bias; their columns are z, r, n.
        activity_regularizer: a penalty on the output.
        dropout, recurrent_dropout: share of the inputs, and of the states, to drop while training.
        return_sequences, return_state, go_backwards, stateful, unroll, seed, zero_output_for_mask: as in `SimpleRNN`.
        reset_after: whether the reset gate comes after the product with the recurrent kernel.
        use_cudnn: kept for Keras; it says nothing here.

    >>> GRU(8).compute_output_shape((None, 5, 3))
    (None, 8)
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
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(GRUCell, locals())
