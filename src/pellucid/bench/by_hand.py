"""Training loops as users of PyTorch and JAX write them at their best."""

from collections.abc import Callable
from typing import Any

from ..arrays import Array
from .workload import Peer, Turn

NOTE = "a loop written by hand; the loss alone, no accuracy"


def torch_epoch(model: Any, optimizer: Any, loss_of: Any, data: tuple[Array, Array], batch: int) -> Turn:
    """One epoch in PyTorch, shuffled anew."""
    import torch

    x, y = (torch.from_numpy(array) for array in data)

    def epoch() -> float:
        total = torch.zeros(())
        for index in torch.randperm(len(x)).split(batch):
            optimizer.zero_grad()
            loss = loss_of(model(x[index]), y[index])
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(index)
        return total.item() / len(x)

    return epoch


def torch_peers(start: Callable[[bool], Turn]) -> tuple[Peer, ...]:
    """PyTorch as it is, and compiled; start(compiled) gives what trains an epoch."""
    return (
        Peer("PyTorch", lambda: start(False), ("torch",), NOTE),
        Peer("PyTorch compiled", lambda: start(True), ("torch",), "torch.compile of the model; " + NOTE),
    )


def jax_epoch(loss_of: Any, move: Any, numbers: Any, data: tuple[Array, Array], batch: int) -> Turn:
    """One epoch in JAX, compiled whole into one scan.

    loss_of    loss_of(weights, x, y), the mean over the batch
    move       move(numbers, gradients) -> numbers; numbers["weights"] are the weights
    """
    import jax
    import jax.numpy as jnp

    x, y = (jnp.asarray(array) for array in data)
    numbers = jax.tree.map(jnp.asarray, numbers)
    whole = len(x) // batch * batch

    def train(numbers: Any, x: Any, y: Any, key: Any) -> tuple[Any, Any]:
        def step(numbers: Any, index: Any) -> tuple[Any, Any]:
            loss, slopes = jax.value_and_grad(loss_of)(numbers["weights"], x[index], y[index])
            return move(numbers, slopes), loss * len(index)

        order = jax.random.permutation(key, len(x))
        numbers, losses = jax.lax.scan(step, numbers, order[:whole].reshape(-1, batch))
        total = losses.sum()
        if whole < len(x):
            numbers, last = step(numbers, order[whole:])
            total = total + last
        return numbers, total / len(x)

    compiled = jax.jit(train, donate_argnums=0)
    keys = iter(jax.random.split(jax.random.key(0), 1000))

    def epoch() -> float:
        nonlocal numbers
        numbers, loss = compiled(numbers, x, y, next(keys))
        return float(loss)

    return epoch


def jax_peer(start: Callable[[], Turn]) -> Peer:
    """JAX, hand-written."""
    return Peer("JAX", start, ("jax",), "a whole epoch compiled by hand into one scan; the loss alone, no accuracy")


def jax_adam(rate: float = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> Any:
    """Adam with Keras's constants: (what it remembers at first, what moves the weights)."""
    import jax
    import jax.numpy as jnp

    def first(weights: list[Array]) -> dict[str, Any]:
        def zeros() -> list[Any]:
            return [jnp.zeros_like(w) for w in weights]

        return {"weights": weights, "m": zeros(), "v": zeros(), "step": jnp.zeros(())}

    def move(numbers: Any, slopes: Any) -> Any:
        step = numbers["step"] + 1
        m = jax.tree.map(lambda m, g: m + (1 - beta_1) * (g - m), numbers["m"], slopes)
        v = jax.tree.map(lambda v, g: v + (1 - beta_2) * (g * g - v), numbers["v"], slopes)
        alpha = rate * jnp.sqrt(1 - beta_2**step) / (1 - beta_1**step)
        weights = jax.tree.map(lambda w, m, v: w - alpha * m / (jnp.sqrt(v) + epsilon), numbers["weights"], m, v)
        return {"weights": weights, "m": m, "v": v, "step": step}

    return first, move


def cross_entropy(scores: Any, labels: Any) -> Any:
    """In JAX: the mean of -log softmax(scores)[label]."""
    import jax
    import jax.numpy as jnp

    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(scores), labels[:, None], axis=1))
