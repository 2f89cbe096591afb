"""The order in which Keras's files store an optimizer's memory.

    iteration
    learning_rate                            unless it comes from a schedule or a function
    the running averages                     with use_ema: one for each parameter
    the sums of gradients                    with gradient_accumulation_steps: one for each parameter
    the slots, group by group                within a group: parameter by parameter, all slots of each
    the shared memory                        Nadam's product

For Adam with amsgrad the groups are (momentum, velocity) and (velocity_hat): first the momentum and velocity of every
parameter in turn, then all velocity_hats. A LossScaleOptimizer puts four numbers of its own before the inner list.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from .loss_scale import LossScaleOptimizer
from .optimizer import Optimizer

Path = tuple[str, ...]


def weights_in_keras_order(
    optimizer: Optimizer, moments: dict, step: Any, paths: Iterable[str | Path]
) -> list[tuple[str, Array]]:
    """(name, array) for each entry of Keras's `optimizer/vars`, in its order.

    moments     the optimizer's memory
    step        how many steps were made
    paths       the parameters that learn, in the model's order: "dense/kernel" or ("dense", "kernel")

    >>> from pellucid.optimizers import Adam
    >>> optimizer, params = Adam(), {"dense": {"bias": np.zeros(2), "kernel": np.zeros((3, 2))}}
    >>> for name, array in weights_in_keras_order(optimizer, optimizer.init(params), 7, ["dense/kernel", "dense/bias"]):
    ...     print(name, array.shape)
    iteration ()
    learning_rate ()
    dense_kernel_momentum (3, 2)
    dense_kernel_velocity (3, 2)
    dense_bias_momentum (2,)
    dense_bias_velocity (2,)
    """
    if isinstance(optimizer, LossScaleOptimizer):
        shared = moments["shared"]
        own = [("iteration", np.asarray(0, "int32")), ("learning_rate", np.asarray(0, "float32"))]
        own += [(name, shared[name]) for name in ("step_counter", "dynamic_scale")]
        inner = {name: array for name, array in shared.items() if name not in _LOSS_SCALE_SHARED}
        step = shared["inner_iterations"]
        return own + weights_in_keras_order(optimizer.inner_optimizer, {**moments, "shared": inner}, step, paths)
    places = [_parts(path) for path in paths]
    weights: list[tuple[str, Array]] = [("iteration", np.asarray(step, "int32"))]
    if optimizer.rate_is_a_number:
        weights.append(("learning_rate", np.asarray(optimizer.learning_rate, "float32")))
    for kind, label in _WHOLE:
        if kind in moments:
            weights += [(f"{'_'.join(path)}_{label}", _at(moments[kind], path)) for path in places]
    in_file = {path: optimizer.file_slots(_at(moments["slots"], path)) for path in places}
    weights += [(f"{'_'.join(path)}_{slot}", in_file[path][slot]) for path, slot in _slot_order(optimizer, in_file)]
    return weights + list(moments["shared"].items())


def moments_from_keras_order(
    optimizer: Optimizer, weights: Sequence[Array], params: dict, paths: Iterable[str | Path]
) -> tuple[dict, int, float | None]:
    """The way back: (moments, step, learning rate or None where it is not stored) from a file's arrays.

    optimizer   with the settings under which the file was written
    params      the nested parameters that learn
    paths       their paths, in the model's order

    Raises ValueError when the file's arrays are not those of such an optimizer for such parameters.
    """
    places = [_parts(path) for path in paths]
    supply = _Supply(weights, type(optimizer).__name__)
    if isinstance(optimizer, LossScaleOptimizer):
        supply.take("iteration", ())
        supply.take("learning_rate", ())
        own = {name: supply.take(name, ()) for name in ("step_counter", "dynamic_scale")}
        rest = list(weights[4:])
        moments, step, rate = moments_from_keras_order(optimizer.inner_optimizer, rest, params, paths)
        own["inner_iterations"] = np.asarray(step, "int32")
        return {**moments, "shared": {**moments["shared"], **own}}, step, rate
    step = int(supply.take("iteration", ()))
    rate = float(supply.take("learning_rate", ())) if optimizer.rate_is_a_number else None
    moments = optimizer.init(params)
    for kind, label in _WHOLE:
        if kind in moments:
            stored = {path: supply.take(f"{'/'.join(path)} {label}", _at(params, path).shape) for path in places}
            moments[kind] = _nested(stored)
    slots: dict[Path, dict[str, Array]] = {path: {} for path in places}
    in_file = {path: optimizer.file_slots(_at(moments["slots"], path)) for path in places}
    for path, slot in _slot_order(optimizer, in_file):
        array = supply.take(f"{'/'.join(path)} {slot}", in_file[path][slot].shape)
        if slot in _at(moments["slots"], path):
            slots[path][slot] = array
    moments["slots"] = _nested(slots)
    moments["shared"] = {name: supply.take(name, ()) for name in moments["shared"]}
    supply.must_be_empty()
    return moments, step, rate


_WHOLE = (("average", "average"), ("accumulated", "gradient_accumulator"))
_LOSS_SCALE_SHARED = ("dynamic_scale", "step_counter", "inner_iterations")


def _slot_order(optimizer: Optimizer, slots: dict) -> Iterator[tuple[Path, str]]:
    for group in optimizer.slot_groups:
        for path, present in slots.items():
            yield from ((path, slot) for slot in group if slot in present)


def _parts(path: str | Path) -> Path:
    return tuple(path.split("/")) if isinstance(path, str) else tuple(path)


def _at(tree: dict, path: Path) -> Any:
    for name in path:
        tree = tree[name]
    return tree


def _nested(by_path: dict[Path, Any]) -> dict:
    tree: dict = {}
    for path, value in by_path.items():
        branch = tree
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
        branch[path[-1]] = value
    return tree


class _Supply:
    """A file's arrays, handed out one by one, each checked for its shape."""

    def __init__(self, weights: Sequence[Array], optimizer: str) -> None:
        self.weights, self.optimizer, self.taken = weights, optimizer, 0

    def take(self, what: str, shape: tuple[int, ...]) -> Array:
        if self.taken == len(self.weights):
            raise ValueError(f"{self.optimizer}: the file holds {self.taken} optimizer arrays; {what} is missing.")
        array = self.weights[self.taken]
        if tuple(array.shape) != tuple(shape):
            raise ValueError(
                f"{self.optimizer}: {what} must have the shape {tuple(shape)}, but array {self.taken} of the file has "
                f"{tuple(array.shape)}. Was the file written with other settings, or for another model?"
            )
        self.taken += 1
        return array

    def must_be_empty(self) -> None:
        if self.taken != len(self.weights):
            raise ValueError(
                f"{self.optimizer}: the file holds {len(self.weights)} optimizer arrays, but only {self.taken} have a "
                "place. Was it written with other settings, or for another model?"
            )
