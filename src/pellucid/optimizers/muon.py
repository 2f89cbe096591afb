"""Muon: the momentum of a matrix is turned into the nearest orthogonal matrix before it moves; all else moves by Adam.

    B      ← momentum · B + grad                          (the slot "momentum")
    X₀     = G / ‖G‖,  G = grad + momentum · B            with nesterov; else G = B
    X      ← a X + (b X Xᵀ + c (X Xᵀ)²) X                 ns_steps times (Newton-Schulz: every singular value nears 1)
    param  ← param - rate · rms_rate · √(longer side) · X

Matrices are moved like this, unless `exclude_layers` or `exclude_embeddings` says otherwise.

Sources: Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024); the length of the move: Liu
et al., "Muon is scalable for LLM training" (2025), eq. 4.
"""

import re
from collections.abc import Iterable
from typing import Any, Unpack

from ..arrays import Array, namespace
from ..errors import fraction, positive_int
from .adam import Adam
from .optimizer import Optimizer
from .registry import register
from .settings import CommonButDecay, Rate, not_negative


@register("muon")
class Muon(Optimizer):
    """Orthogonal moves for the kernels of hidden layers, Adam for the rest.

    exclude_layers      patterns; a matrix whose path holds one of them moves by Adam (say, the output layer's)
    exclude_embeddings  so does a matrix with "embedding" in its path
    adam_lr_ratio       Adam's rate over Muon's
    rms_rate            None: the move is X itself times the rate

    >>> import numpy as np
    >>> optimizer = Muon(exclude_layers=["output"])
    >>> list(optimizer.slots_at("dense/kernel", np.ones((2, 3))))
    ['momentum']
    >>> list(optimizer.slots_at("output/kernel", np.ones((2, 3))))
    ['momentum', 'velocity']
    """

    own_settings = (
        "adam_beta_1",
        "adam_beta_2",
        "epsilon",
        "exclude_layers",
        "muon_a",
        "muon_b",
        "muon_c",
        "adam_lr_ratio",
        "momentum",
        "ns_steps",
        "nesterov",
        "exclude_embeddings",
        "adam_weight_decay",
        "rms_rate",
    )
    slot_groups = (("momentum", "velocity"),)

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        exclude_layers: Iterable[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **common: Unpack[CommonButDecay],
    ) -> None:
        settings: Any = {**common, "weight_decay": weight_decay}
        super().__init__(learning_rate, **settings)
        self.adam_beta_1 = fraction(adam_beta_1, "adam_beta_1")
        self.adam_beta_2 = fraction(adam_beta_2, "adam_beta_2")
        self.adam_weight_decay = adam_weight_decay and not_negative(adam_weight_decay, "adam_weight_decay")
        self.epsilon = not_negative(epsilon, "epsilon")
        self.exclude_layers = list(exclude_layers or ())
        self.exclude_embeddings = exclude_embeddings
        self.muon_a, self.muon_b, self.muon_c = muon_a, muon_b, muon_c
        self.adam_lr_ratio = not_negative(adam_lr_ratio, "adam_lr_ratio")
        self.momentum = not_negative(momentum, "momentum")
        self.ns_steps = positive_int(ns_steps, "ns_steps")
        self.nesterov = nesterov
        self.rms_rate = rms_rate
        self._adam = Adam(beta_1=adam_beta_1, beta_2=adam_beta_2, epsilon=epsilon)

    def slots(self, param: Array) -> dict[str, Array]:
        return self.slots_at("", param)

    def slots_at(self, path: str, param: Array) -> dict[str, Array]:
        slots = self._adam.slots(param)
        return slots if self._moves_by_adam(path, param) else {"momentum": slots["momentum"]}

    def decay_of(self, path: str, param: Array) -> float | None:
        if self._is_excluded(path):
            return None
        return self.adam_weight_decay if self._moves_by_adam(path, param) else self.weight_decay

    @property
    def _decays(self) -> bool:
        return self.weight_decay is not None or self.adam_weight_decay is not None

    def _moves_by_adam(self, path: str, param: Array) -> bool:
        excluded = any(re.search(pattern, path) for pattern in self.exclude_layers)
        return len(param.shape) != 2 or excluded or (self.exclude_embeddings and "embedding" in path.lower())

    def move(self, param: Array, grad: Array, slots: dict[str, Array], rate: Any, step: Any) -> tuple[Array, dict]:
        if "velocity" in slots:
            return self._adam.move(param, grad, slots, rate * self.adam_lr_ratio, step)
        momentum = self.momentum * slots["momentum"] + grad
        direction = self.orthogonal(grad + self.momentum * momentum if self.nesterov else momentum)
        if self.rms_rate is not None:
            rate = rate * (self.rms_rate * max(param.shape) ** 0.5)
        return param - rate * direction, {"momentum": momentum}

    def orthogonal(self, matrix: Array) -> Array:
        """Roughly the nearest matrix with all singular values 1 (with the usual coefficients, between 0.7 and 1.2)."""
        wide = matrix.shape[0] <= matrix.shape[1]
        x = matrix if wide else matrix.T  # the smaller Gram matrix is the cheaper one
        x = x / (namespace(x).sqrt((x * x).sum()) + 1e-7)
        for _ in range(self.ns_steps):
            gram = x @ x.T
            x = self.muon_a * x + (self.muon_b * gram + self.muon_c * (gram @ gram)) @ x
        return x if wide else x.T
