"""A compiled model's loss as a symbolic value, with Inputs for targets and sample weights: how Keras 1 and 2 kept it.

inputs = [*model.inputs, *model.sample_weights, *model.targets, K.learning_phase()]
grads = model.optimizer.get_gradients(model.total_loss, model.trainable_weights)
K.function(inputs, grads)([x, np.ones(len(x)), y, 1])
"""

from typing import Any, NamedTuple

from . import compiling
from .arrays import Array
from .layers import Input, Layer
from .layers.layer import Params
from .layers.symbolic import KerasTensor, Shape


class LossSymbols(NamedTuple):
    targets: list[KerasTensor]
    sample_weights: list[KerasTensor]
    total: KerasTensor


class TotalLoss(Layer):
    """Σ weight · loss over the outputs, from (targets, sample weights, outputs), each in their order."""

    def __init__(self, losses: list[Any], weights: list[float]) -> None:
        super().__init__(name=None)
        self.losses_of_outputs, self.weights_of_outputs = losses, weights

    def compute_output_shape(self, *shapes: Shape) -> Shape:
        return ()

    def forward(self, params: Params, *arrays: Array) -> tuple[Array, list[Any]]:
        count = len(self.losses_of_outputs)
        total: Any = 0.0
        caches = []
        targets, weights, outputs = (arrays[i * count : (i + 1) * count] for i in range(3))
        for loss, share, y_true, sample_weight, y_pred in zip(
            self.losses_of_outputs, self.weights_of_outputs, targets, weights, outputs, strict=True
        ):
            cost, cache = loss.forward(y_true, y_pred, sample_weight)
            total = total + share * cost
            caches.append(cache)
        return total, caches

    def backward(self, params: Params, caches: list[Any], dy: Array) -> tuple[tuple[Any, ...], Params]:
        count = len(caches)
        slopes = [
            dy * share * loss.backward(cache)
            for loss, share, cache in zip(self.losses_of_outputs, self.weights_of_outputs, caches, strict=True)
        ]
        return (*[None] * (2 * count), *slopes), {}


def loss_symbols(model: Any) -> LossSymbols:
    """The symbolic loss of a compiled model and what goes into it; the same ones until it is compiled again."""
    recipe = model._require_compiled()
    if recipe.symbols is None:
        names = model.output_names
        losses = compiling.losses_of(recipe, names)
        shares = [
            1.0 if w is None else float(w) for w in compiling.by_output(recipe.loss_weights, names, "loss_weights")
        ]
        slots = compiling.target_slots(recipe, names, [output.shape for output in model.outputs])
        kept = [i for i, loss in enumerate(losses) if loss is not None]
        targets = [Input(batch_shape=slots[i].shape, dtype=slots[i].dtype) for i in kept]
        weights = [Input(batch_shape=(None,)) for _ in kept]
        layer = TotalLoss([losses[i] for i in kept], [shares[i] for i in kept])
        total = layer.note_call([*targets, *weights, *(model.outputs[i] for i in kept)], {})
        recipe.symbols = LossSymbols(targets, weights, total)
    return recipe.symbols
