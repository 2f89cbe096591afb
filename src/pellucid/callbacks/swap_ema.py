"""SwapEMAWeights: measure with the running average of the weights, train with the weights themselves.

Source: Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", SIAM J. Control Optim. 30 (1992).
"""

from typing import Any

from .callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Puts the optimizer's average of the weights into the model while it is evaluated or predicts.

    The optimizer must keep that average: `SGD(use_ema=True)`.

    Args:
        swap_on_epoch: have the averages in place between two epochs, too, so that a ModelCheckpoint further down the
            list saves them.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._params: Any = None  # the model's own parameters, while the averages are in their place

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._put_back()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._put_averages()

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._put_averages()

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._put_back()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._put_averages()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._put_back()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._params = None  # after a training with averages the model keeps them

    def get_state(self) -> dict[str, Any]:
        return {} if self._params is None else {"params": self._params}

    def set_state(self, state: dict[str, Any]) -> None:
        self._params = state["params"]

    def _put_averages(self) -> None:
        optimizer, numbers = self.model.optimizer, self.model.numbers
        if not getattr(optimizer, "use_ema", False):
            raise ValueError(
                "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. "
                f"Received: use_ema={getattr(optimizer, 'use_ema', None)}"
            )
        if self._params is None and numbers.moments:
            self._params = numbers.params
            averages = optimizer.finalize(numbers.params, numbers.moments)
            self.model.numbers = numbers._replace(params=_merged(numbers.params, averages))

    def _put_back(self) -> None:
        if self._params is not None:
            self.model.numbers = self.model.numbers._replace(params=self._params)
            self._params = None


def _merged(params: Any, averages: Any) -> Any:
    """The averages, and the parameters that have none because they do not learn.

    >>> _merged({"a": {"kernel": 1}, "b": {"kernel": 2}}, {"a": {"kernel": 10}})
    {'a': {'kernel': 10}, 'b': {'kernel': 2}}
    """
    if not isinstance(params, dict):
        return averages
    return {name: _merged(p, averages[name]) if name in averages else p for name, p in params.items()}
