"""All that the rest of a running `fit` depends on, taken out and put back (for BackupAndRestore)."""

from collections.abc import Mapping
from typing import Any

from .engine.step import Numbers
from .own_steps import OwnLoop, own_tuples
from .tree import leaves


def training_state(model: Any) -> dict[str, Any]:
    """The state as nested dicts of arrays and numbers.

    Of a model that trains by a train_step of its own: the numbers of the models that it is made of.

    Raises ValueError where none of these has numbers.
    """
    loop = model.loop
    if not isinstance(loop, OwnLoop):
        targets = [list(shape) for shape in loop.targets]
        return {**_state_of(model), "key": loop.key, "tallies": loop.tallies, "targets": targets}
    states = [None if each.graph is None else _state_of(each) for each in loop.models()]
    if not any(states):
        raise ValueError(
            f"{model.name} trains by a train_step of its own, and there is nothing to back up: neither it nor a model "
            "among its attributes has numbers. Keep the models that learn as attributes: self.generator = …"
        )
    return {"models": states, "key": loop.key, "logs": loop.logs}


def restore_training_state(model: Any, state: Mapping[str, Any], epoch: int, batch: int) -> None:
    """Go on with this batch of this epoch, from a `training_state()`; called in on_train_begin.

    Raises ValueError, and changes nothing, when the state is that of another network.
    """
    loop = model.loop
    if isinstance(loop, OwnLoop) != ("models" in state):
        raise _stranger(model)
    if isinstance(loop, OwnLoop):
        models, states = loop.models(), state["models"]
        if len(models) != len(states):
            raise _stranger(model)
        for each, one in zip(models, states, strict=True):
            if one is not None and each.graph is None:
                each.build(own_tuples(one["build_shape"]))
        restored = [(each, _numbers_from(each, one), one) for each, one in zip(models, states, strict=True) if one]
        for each, numbers, one in restored:
            _put(each, numbers, one)
        loop.key, loop.logs, loop.start = state["key"], state["logs"], (epoch, batch)
        return
    _put(model, _numbers_from(model, state), state)
    loop.key, loop.tallies, loop.start = state["key"], state["tallies"], (epoch, batch)
    loop.targets = [tuple(shape) for shape in state["targets"]]


def _state_of(model: Any) -> dict[str, Any]:
    """The numbers of one model, and the learning rate."""
    numbers, optimizer = model.numbers, model.optimizer
    return {
        **numbers._asdict(),
        "step": int(numbers.step),
        "owners": list(model.graph.owners),
        "learning_rate": optimizer.learning_rate if optimizer is not None and optimizer.rate_is_a_number else None,
        "build_shape": getattr(model, "build_shape", None) or model.input_shape,  # for one that is not built yet
    }


def _numbers_from(model: Any, state: Mapping[str, Any]) -> Numbers:
    """The numbers of this model in a state.

    Layers are found by their places: automatic names may be others now (dense_2 for dense).
    """
    owners = list(model.graph.owners)
    now = dict(zip(state["owners"], owners, strict=False))

    def renamed(tree: Mapping[str, Any]) -> dict[str, Any]:
        return {now.get(owner, owner): part for owner, part in tree.items()}

    params, kept = renamed(state["params"]), renamed(state["state"])
    if len(state["owners"]) != len(owners) or _shapes((params, kept)) != _shapes(model.numbers[:2]):
        raise _stranger(model)
    moments = {kind: part if kind == "shared" else renamed(part) for kind, part in state["moments"].items()}
    return Numbers(params, kept, moments, int(state["step"]))


def _put(model: Any, numbers: Numbers, state: Mapping[str, Any]) -> None:
    model.numbers = numbers
    if state["learning_rate"] is not None:
        model.optimizer.learning_rate = state["learning_rate"]


def _stranger(model: Any) -> ValueError:
    return ValueError(
        f"the backup is of another network than {model.name}: their layers have other weights. "
        "Give this training a backup_dir of its own."
    )


def _shapes(trees: tuple[dict[str, Any], ...]) -> dict[Any, Any]:
    return {(place, *path): tuple(array.shape) for place, tree in enumerate(trees) for path, array in leaves(tree)}
