"""Frame: one look at a model in training, as plain arrays under names such as "weights/dense/kernel".

weights/, state/    the model's numbers
moments/            the optimizer's memory, with which a fork goes on as the training did
gradients/          dL/dparameter on the probe batch
updates/            what the latest step added to each parameter
values/, dvalues/   every value of the network on the probe batch, and dL/dvalue
"""

from dataclasses import dataclass, field

from ..arrays import Array


@dataclass(frozen=True)
class Frame:
    """One look at a model in training.

    number         of the frame, counted from 0 also over frames that are gone
    step           updates made before it
    epoch, batch   counted from 0; -1 before the first
    seconds        since training began
    loss           on the probe batch; None without targets
    rate           the learning rate
    update_steps   how many steps "updates/" covers: 1, or more where an engine makes several at once; 0 for none
    logs           what the progress line said
    """

    number: int
    step: int
    epoch: int
    batch: int
    seconds: float
    loss: float | None
    rate: float
    update_steps: int
    logs: dict[str, float]
    arrays: dict[str, Array] = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of its arrays."""
        return sum(array.nbytes for array in self.arrays.values())

    def part(self, prefix: str) -> dict[str, Array]:
        """The arrays under a prefix, named without it: part("weights") -> {"dense/kernel": …}."""
        start = prefix + "/"
        return {name[len(start) :]: array for name, array in self.arrays.items() if name.startswith(start)}
