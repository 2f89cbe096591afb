"""Optimizer: what all optimizers share around the one formula that each of them writes.

    move(param, grad, slots, rate, step)  →  param, slots

An update goes through these stations, in Keras's order:

    undo the loss scale → accumulate gradients → clip them → decay the weights → move → average

Everything an optimizer remembers is in the moments it is given and gives back:

    {"slots": {"dense": {"kernel": {"momentum": …}, …}},    the memory for each parameter
     "shared": {…},                                         one memory for all of them (Nadam's product)
     "average": {"dense": {"kernel": …, …}},                only with use_ema
     "accumulated": {"dense": {"kernel": …, …}}}            only with gradient_accumulation_steps
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self, Unpack

import numpy as np

from ..arrays import Array, namespace
from ..errors import positive_int
from ..schedules import LearningRateSchedule
from ..schedules import deserialize as deserialize_schedule
from ..schedules import serialize as serialize_schedule
from ..tree import leaves, tree_map
from .arithmetic import blend, choose, shorten, sum_of_squares, zeros_like
from .by_hand import ByHand, Step
from .settings import Common, Rate, above_zero_or_none, not_negative, snake_case, valid_rate


class RateNow(float):
    """A learning rate, as programs that know it for a variable use it: a float that can be assigned.

    >>> optimizer = Optimizer(0.1)
    >>> optimizer.learning_rate.assign(0.01)
    >>> optimizer.learning_rate, optimizer.lr * 2
    (0.01, 0.02)
    """

    def __new__(cls, value: float, optimizer: "Optimizer") -> Self:
        made = super().__new__(cls, value)
        made._optimizer = optimizer
        return made

    _optimizer: "Optimizer"

    def assign(self, value: Any) -> None:
        """Set the optimizer's rate."""
        self._optimizer.learning_rate = float(value)

    def numpy(self) -> np.float32:
        """The rate as NumPy's number."""
        return np.float32(self)

    set_value = assign

    def get_value(self) -> float:
        """The rate."""
        return float(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return float, (float(self),)


_KERAS_2_ONLY = ("is_legacy_optimizer", "jit_compile")


class Optimizer(ByHand):
    """Base of all optimizers. Your own: write `move`, and `slots` if it needs a memory.

    >>> class SignDescent(Optimizer):
    ...     def move(self, param, grad, slots, rate, step):
    ...         return param - rate * namespace(grad).sign(grad), slots
    >>> params, grads = {"dense": {"bias": np.ones(2)}}, {"dense": {"bias": np.array([3.0, -0.2])}}
    >>> optimizer = SignDescent(learning_rate=0.1)
    >>> params, moments = optimizer.update(params, grads, optimizer.init(params), step=0, rate=optimizer.rate_at(0))
    >>> params["dense"]["bias"]
    array([0.9, 1.1])
    """

    own_settings: ClassVar[tuple[str, ...]] = ()
    """The names of the constructor's arguments beyond `Common`, each kept as an attribute; they go into get_config."""

    schedule_decay: float  # Nadam's alone

    slot_groups: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """The order of the slots in Keras's files: a group goes through all parameters before the next one begins."""

    def __init__(self, learning_rate: Rate = 0.01, **common: Unpack[Common]) -> None:
        settings: dict[str, Any] = dict(common)
        who = type(self).__name__
        self.learning_rate = settings.pop("lr", learning_rate)
        self.decay = not_negative(settings.pop("decay", 0.0), "decay")
        self.name: str = settings.pop("name", None) or snake_case(who)
        self.weight_decay: float | None = settings.pop("weight_decay", None)
        self.clipnorm = above_zero_or_none(settings.pop("clipnorm", None), "clipnorm")
        self.global_clipnorm = above_zero_or_none(settings.pop("global_clipnorm", None), "global_clipnorm")
        self.clipvalue = above_zero_or_none(settings.pop("clipvalue", None), "clipvalue")
        self.use_ema: bool = settings.pop("use_ema", False)
        self.ema_momentum = float(settings.pop("ema_momentum", 0.99))
        self.ema_overwrite_frequency: int | None = settings.pop("ema_overwrite_frequency", None)
        self.loss_scale_factor = above_zero_or_none(settings.pop("loss_scale_factor", None), "loss_scale_factor")
        self.gradient_accumulation_steps: int | None = settings.pop("gradient_accumulation_steps", None)
        if hasattr(self, "schedule_decay"):
            self.schedule_decay = not_negative(settings.pop("schedule_decay", self.schedule_decay), "schedule_decay")
        self.iterations = 0
        self._excluded: tuple[str, ...] = ()
        if settings:
            raise ValueError(f"{who}: unknown argument(s) {', '.join(map(repr, settings))}.")
        if sum(clip is not None for clip in (self.clipnorm, self.clipvalue, self.global_clipnorm)) > 1:
            raise ValueError(
                f"{who}: only one of clipnorm, clipvalue and global_clipnorm can be set, got clipnorm={self.clipnorm}, "
                f"clipvalue={self.clipvalue}, global_clipnorm={self.global_clipnorm}."
            )
        if not 0 <= self.ema_momentum <= 1:
            raise ValueError(f"ema_momentum must be in [0, 1], got {self.ema_momentum!r}.")
        if self.ema_overwrite_frequency is not None:
            positive_int(self.ema_overwrite_frequency, "ema_overwrite_frequency")
        steps = self.gradient_accumulation_steps
        if steps is not None and positive_int(steps, "gradient_accumulation_steps") < 2:
            raise ValueError("gradient_accumulation_steps must be at least 2 (or None), got 1.")
        if self.weight_decay is not None:
            not_negative(self.weight_decay, "weight_decay")

    # The rate

    @property
    def learning_rate(self) -> float:
        """The rate now: the number that was set, or the schedule's value at `iterations`."""
        return RateNow(self._rate if isinstance(self._rate, float) else self.rate_at(self.iterations), self)

    @learning_rate.setter
    def learning_rate(self, value: Rate) -> None:
        if isinstance(value, LearningRateSchedule) or callable(value):
            self._rate: Rate = value
            return
        if isinstance(getattr(self, "_rate", None), LearningRateSchedule):
            raise TypeError(
                f"{type(self).__name__}: learning_rate comes from a schedule ({type(self._rate).__name__}) and cannot "
                "be set to a number. Compile again with a plain learning_rate to set it by hand."
            )
        self._rate = valid_rate(value)

    @property
    def rate_is_a_number(self) -> bool:
        """Whether the rate is a plain number, not a schedule or a function."""
        return isinstance(self._rate, float)

    @property
    def lr(self) -> float:
        """The old name of `learning_rate`."""
        return self.learning_rate

    @lr.setter
    def lr(self, value: Rate) -> None:
        self.learning_rate = value

    def rate_at(self, step: Any) -> Any:
        """The learning rate of the update made after `step` others: a float for a whole number, an array for an array.

        >>> Optimizer(lr=0.1, decay=0.5).rate_at(2)
        0.05
        """
        if isinstance(self._rate, LearningRateSchedule):
            rate = self._rate(step)
        else:
            rate = self._rate if isinstance(self._rate, float) else valid_rate(self._rate())
        return rate / (1 + self.decay * step) if self.decay else rate

    # What each optimizer writes

    def move(self, param: Array, grad: Array, slots: dict[str, Array], rate: Any, step: Any) -> tuple[Array, dict]:
        """How one parameter moves.

        param, grad   (...)    the parameter, and dL/dparam
        slots         what `slots(param)` began and earlier moves left
        rate          the learning rate: a Python float, or an array () of param's type
        step          how many updates were made before this one: an int, or an array () while being traced
        returns       the new parameter and the new slots; nothing given is changed

        An optimizer with something in `shared()` is given that, too, as a sixth argument `shared`.
        """
        raise NotImplementedError(f"{type(self).__name__}: an optimizer of your own needs move().")

    def slots(self, param: Array) -> dict[str, Array]:
        """The optimizer's memory for one parameter, before its first move."""
        return {}

    def slots_at(self, path: str, param: Array) -> dict[str, Array]:
        """The same for the parameter at `path`, such as "dense/kernel"."""
        return self.slots(param)

    def shared(self) -> dict[str, Array]:
        """The one memory for all parameters, before the first update."""
        return {}

    def advance_shared(self, shared: dict[str, Array], step: Any) -> dict[str, Array]:
        """The shared memory of this update, from that of the one before; `move` is given the result."""
        return shared

    def file_slots(self, slots: dict[str, Array]) -> dict[str, Array]:
        """One parameter's slots as Keras's files hold them: the same, unless the file has more."""
        return slots

    # Weight decay

    def exclude_from_weight_decay(
        self, var_list: Iterable[str] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Spare parameters from weight decay: by path ("dense/bias"), or by a pattern found in the path ("bias").

        >>> optimizer = Optimizer(weight_decay=0.1)
        >>> optimizer.exclude_from_weight_decay(var_names=["bias", "gamma"])
        >>> optimizer.decay_of("dense/kernel", np.ones((2, 2))), optimizer.decay_of("dense/bias", np.ones(2))
        (0.1, None)
        """
        exact = (f"^{re.escape(path)}$" for path in var_list or ())
        self._excluded = (*self._excluded, *exact, *(var_names or ()))

    def decay_of(self, path: str, param: Array) -> float | None:
        """The weight decay of the parameter at `path`; None for none."""
        return None if self._excluded and self._is_excluded(path) else self.weight_decay

    @property
    def _decays(self) -> bool:
        return self.weight_decay is not None

    def _is_excluded(self, path: str) -> bool:
        return any(re.search(pattern, path) for pattern in self._excluded)

    # An update

    def init(self, params: dict) -> dict:
        """The moments before the first update, for this nesting of parameters."""
        moments = {"slots": self._slots_below(params), "shared": self.shared()}
        if self.use_ema:
            moments["average"] = params
        if self.gradient_accumulation_steps:
            moments["accumulated"] = tree_map(zeros_like, params)
        return moments

    def update(
        self, params: dict, grads: dict, moments: dict, step: Any, rate: Any, mover: Any = None
    ) -> tuple[dict, dict]:
        """New parameters and moments from old ones; nothing given is changed.

        params, grads    nested dicts of the same nesting; only the parameters that learn
        moments          from `init`, or from the update before
        step             how many steps were made before this one
        rate             the learning rate, `rate_at(step)`
        mover            what does the moving in place of `move`, for all parameters at once: from (params, grads,
                         slots, step, rate) to (params, slots), or None where it cannot
        """
        step = int(step) if isinstance(step, np.generic | np.ndarray) else step
        rate = float(rate) if isinstance(rate, int | float | np.generic | np.ndarray) else rate
        if self.loss_scale_factor is not None:
            grads = tree_map(lambda grad: grad / self.loss_scale_factor, grads)
        if self.gradient_accumulation_steps:
            params, moments = self._accumulate(params, grads, moments, step, rate, mover)
            step = step // self.gradient_accumulation_steps
        else:
            params, moments = self._update_now(params, grads, moments, step, rate, mover)
        return self._average(params, moments, step) if self.use_ema else (params, moments)

    def finalize(self, params: dict, moments: dict) -> dict:
        """The parameters to keep after training: with `use_ema` their running average, else themselves."""
        return moments["average"] if self.use_ema else params

    def loss_scale(self, moments: dict) -> Any:
        """What the loss's gradient must be multiplied by before it goes backward; None for nothing."""
        return self.loss_scale_factor

    def _slots_below(self, params: dict, path: str = "") -> dict:
        return {
            name: self._slots_below(param, f"{path}{name}/")
            if isinstance(param, dict)
            else self.slots_at(path + name, param)
            for name, param in params.items()
        }

    def _update_now(
        self, params: dict, grads: dict, moments: dict, step: Any, rate: Any, mover: Any
    ) -> tuple[dict, dict]:
        if self.clipnorm is not None or self.clipvalue is not None or self.global_clipnorm is not None:
            grads = self._clip(grads)
        if mover is not None and (moved := mover(params, grads, moments["slots"], step, rate)) is not None:
            return moved[0], {**moments, "slots": moved[1]}
        shared = moments["shared"]
        if shared:
            shared = self.advance_shared(shared, step)
        params, slots = self._move_below(params, grads, moments["slots"], rate, step, shared, self._decays, "")
        return params, {**moments, "slots": slots, "shared": shared}

    def _move_below(
        self, params: dict, grads: dict, slots: dict, rate: Any, step: Any, shared: dict, decays: bool, path: str
    ) -> tuple[dict, dict]:
        new_params, new_slots = {}, {}
        for name, param in params.items():
            if isinstance(param, dict):
                new_params[name], new_slots[name] = self._move_below(
                    param, grads[name], slots[name], rate, step, shared, decays, f"{path}{name}/"
                )
                continue
            rate_here = rate if type(rate) is float else namespace(param).asarray(rate, dtype=param.dtype)
            decay = self.decay_of(path + name, param) if decays else None
            if decay:
                param = param - param * (decay * rate_here)
            more = (shared,) if shared else ()
            new_params[name], new_slots[name] = self.move(param, grads[name], slots[name], rate_here, step, *more)
        return new_params, new_slots

    def _clip(self, grads: dict) -> dict:
        """Shorter gradients. Source: Pascanu, Mikolov & Bengio, "On the difficulty of training RNNs" (2013), alg. 1."""
        limit = self.clipvalue
        if limit is not None:
            return tree_map(lambda grad: namespace(grad).clip(grad, -limit, limit), grads)
        if self.clipnorm is not None:
            return tree_map(lambda grad: shorten(grad, sum_of_squares(grad), self.clipnorm), grads)
        total = sum(sum_of_squares(grad) for _, grad in leaves(grads))
        return tree_map(lambda grad: shorten(grad, total, self.global_clipnorm), grads)

    def _accumulate(
        self, params: dict, grads: dict, moments: dict, step: Any, rate: Any, mover: Any
    ) -> tuple[dict, dict]:
        """Add to the sum of gradients; at every nth step update with their mean, and begin again from zero."""
        n = self.gradient_accumulation_steps
        total = tree_map(lambda old, grad: old + grad, moments["accumulated"], grads)
        waited = params, {**moments, "accumulated": total}
        due = (step + 1) % n == 0
        if due is False:
            return waited
        mean = tree_map(lambda grad: grad / n, total)
        params, moved = self._update_now(params, mean, moments, step // n, rate, mover)
        updated = params, {**moved, "accumulated": tree_map(zeros_like, total)}
        return updated if due is True else (choose(due, updated[0], waited[0]), choose(due, updated[1], waited[1]))

    def _average(self, params: dict, moments: dict, updates: Any) -> tuple[dict, dict]:
        """The running average of the parameters. Source: Polyak & Juditsky, "Acceleration of stochastic
        approximation by averaging" (1992), with weights that fade exponentially."""
        keep = (updates != 0) * self.ema_momentum  # the first average is the parameters themselves
        average = tree_map(lambda old, new: blend(old, new, keep), moments["average"], params)
        if self.ema_overwrite_frequency is not None:
            params = choose((updates + 1) % self.ema_overwrite_frequency == 0, average, params)
        return params, {**moments, "average": average}

    # Settings

    def get_gradients(self, loss: Any, params: Any) -> list[Any]:
        """The symbolic derivatives of a symbolic loss (Keras 2): see `K.gradients`."""
        return loss.gradients(params)

    def get_updates(self, *args: Any, **kwargs: Any) -> list[Step]:
        """One step down a symbolic loss, for `K.function(…, updates=…)` to make at each call (Keras 1 and 2).

        It is given (loss, params), (params, loss), or (params, constraints, loss): weights keep their own constraints.

        Raises TypeError without a symbolic loss, or without weights.
        """
        given = [*args, *kwargs.values()]
        loss = next((value for value in given if hasattr(value, "gradients")), None)
        lists = [kwargs["params"]] if "params" in kwargs else [value for value in given if isinstance(value, list)]
        params = next((list(value) for value in lists if value), None)
        if loss is None or params is None:
            raise TypeError(
                "optimizer.get_updates: needs a loss computed from what layers return on an Input, and the weights "
                f"that shall move, got {', '.join(type(value).__name__ for value in given) or 'nothing'}."
            )
        return [Step(self, loss.gradients(params), params)]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as Keras writes them."""
        rate: Any = self._rate
        if isinstance(rate, LearningRateSchedule):
            rate = serialize_schedule(rate)
        elif callable(rate):
            name = getattr(rate, "__name__", type(rate).__name__)
            rate = {"module": "builtins", "class_name": "function", "config": name, "registered_name": name}
        return {
            "name": self.name,
            "learning_rate": rate,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
            **({"decay": self.decay} if self.decay else {}),
            **({"schedule_decay": self.schedule_decay} if getattr(self, "schedule_decay", 1.0) != 1 else {}),
            **{name: getattr(self, name) for name in self.own_settings},
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """The optimizer that `get_config` (ours or Keras's) described."""
        settings = {name: value for name, value in config.items() if name not in _KERAS_2_ONLY}
        if isinstance(settings.get("learning_rate"), Mapping):
            settings["learning_rate"] = deserialize_schedule(settings["learning_rate"], custom_objects)
        return cls(**settings)
