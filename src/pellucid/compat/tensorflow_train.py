"""The optimizers of TensorFlow 1, which its Keras took: model.compile(optimizer=tf.train.AdamOptimizer(0.001), …);
and `tf.train.latest_checkpoint`."""

import os
from pathlib import Path

from ..optimizers import SGD, Adadelta, Adagrad, Adam, Optimizer, RMSprop


def GradientDescentOptimizer(learning_rate: float, use_locking: bool = False, name: str = "") -> Optimizer:
    """SGD."""
    return SGD(learning_rate)


def MomentumOptimizer(
    learning_rate: float, momentum: float, use_locking: bool = False, name: str = "", use_nesterov: bool = False
) -> Optimizer:
    """SGD with momentum."""
    return SGD(learning_rate, momentum=momentum, nesterov=use_nesterov)


def AdamOptimizer(
    learning_rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
    use_locking: bool = False, name: str = "",
) -> Optimizer:  # fmt: skip
    """Adam."""
    return Adam(learning_rate, beta1, beta2, epsilon)


def RMSPropOptimizer(
    learning_rate: float, decay: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-10,
    use_locking: bool = False, centered: bool = False, name: str = "",
) -> Optimizer:  # fmt: skip
    """RMSprop; decay is rho."""
    return RMSprop(learning_rate, rho=decay, momentum=momentum, epsilon=epsilon, centered=centered)


def AdagradOptimizer(
    learning_rate: float, initial_accumulator_value: float = 0.1, use_locking: bool = False, name: str = ""
) -> Optimizer:
    """Adagrad."""
    return Adagrad(learning_rate, initial_accumulator_value)


def AdadeltaOptimizer(
    learning_rate: float = 0.001, rho: float = 0.95, epsilon: float = 1e-8, use_locking: bool = False, name: str = ""
) -> Optimizer:
    """Adadelta."""
    return Adadelta(learning_rate, rho=rho, epsilon=epsilon)


def latest_checkpoint(checkpoint_dir: str | os.PathLike[str], latest_filename: str | None = None) -> str | None:
    """The newest file of a folder of checkpoints, for `model.load_weights`; None where there is none."""
    found = [path for path in Path(checkpoint_dir).glob("*") if path.is_file() and not path.name.startswith(".")]
    newest = max(found, key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)
    return None if newest is None else str(newest)


OPTIMIZERS = {
    made.__name__: made
    for made in (
        GradientDescentOptimizer, MomentumOptimizer, AdamOptimizer, RMSPropOptimizer, AdagradOptimizer,
        AdadeltaOptimizer,
    )
}  # fmt: skip
"""By their names in `tf.train`."""
