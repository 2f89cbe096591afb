"""What a model says it expects of its inputs and targets: plain tuples, and nothing that computes."""

from typing import Any, NamedTuple

Shape = tuple[int | None, ...]


class Slot(NamedTuple):
    """What one input or one target of a model expects.

    name     the input's or output's name
    shape    the batch axis first, None where any size will do; for "labels" the axis of the classes is left out
    dtype    what the numbers are converted to
    kind     "values"                     any finite numbers
             "any"                        the same, in any shape (targets of a loss that the user wrote)
             "labels"                     class numbers, whole, in [0, limit)
             "one_hot"                    targets of a categorical cross-entropy: shares of classes, or any numbers
             "probabilities"              targets of a binary cross-entropy, in [0, 1]
             "indices"                    rows of an embedding, whole, in [0, limit)
    limit    the number of classes, or of rows
    ignore   a label that marks "no target here" and may lie outside the range
    """

    name: str
    shape: Shape
    dtype: str = "float32"
    kind: str = "values"
    limit: int | None = None
    ignore: int | None = None

    @property
    def whole(self) -> bool:
        """Whether only whole numbers make sense here."""
        return self.kind in ("labels", "indices") or self.dtype.startswith(("int", "uint"))

    @property
    def places(self) -> Shape:
        """The shape of the losses of this target, one for each place that has a loss of its own.

        >>> Slot("y", (None, 10)).places, Slot("y", (None, 28), kind="labels", limit=10).places
        ((None,), (None, 28))
        """
        lone = self.shape[-1] == 1 or self.kind != "labels"
        return self.shape[:-1] if lone and len(self.shape) > 1 else self.shape


Arguments = tuple[Any, Any, Any]  # x, y and sample_weight as somebody gave them
