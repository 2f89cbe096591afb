"""Memory while training on data that lie on the disk.

The shallow network (784-64-10, mean squared error, SGD, batches of 128, shuffled) learns from a file of 200,000 random
images, 627 MB in float32. What is compared is the most private memory that the process has while it learns, its
libraries included: numbers and heap, not pages of files, which the system may drop at any time. Pellucid's own import,
10 MB, is in all, since that is what measures. "All in memory" reads the file first, to compare with.
"""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array
from . import shallow
from .libraries import library
from .workload import Measure, Peer, Turn, Workload, text

IMAGES, BATCH, CHUNK = 200_000, shallow.BATCH, 1_000


def file(name: str, write: Callable[[Path], None]) -> Path:
    """A file for all peers of a run, written by the first that asks for it."""
    path = Path(os.environ["PELLUCID_BENCH_FOLDER"]) / name
    if not path.exists():
        write(path)
    return path


def chunks() -> Iterator[tuple[slice, Array]]:
    """The images, some at a time, and where they go."""
    draw = np.random.default_rng(0)
    for start in range(0, IMAGES, CHUNK):
        yield slice(start, start + CHUNK), draw.random((CHUNK, shallow.INPUTS), dtype=np.float32)


def _write_npy(path: Path) -> None:
    images = np.lib.format.open_memmap(path, "w+", np.float32, (IMAGES, shallow.INPUTS))
    for rows, some in chunks():
        images[rows] = some


def _write_hdf5(path: Path) -> None:
    import h5py

    with h5py.File(path, "w") as document:
        images = document.create_dataset("x", (IMAGES, shallow.INPUTS), np.float32)
        for rows, some in chunks():
            images[rows] = some


def images() -> Array:
    """The file, memory-mapped: what is read of it comes from the disk."""
    return np.load(file("images.npy", _write_npy), mmap_mode="r")


def labels() -> Array:
    """One-hot (N, 10) float32."""
    return np.eye(shallow.CLASSES, dtype=np.float32)[np.random.default_rng(1).integers(0, shallow.CLASSES, IMAGES)]


def fitting(name: str, engine: str | None, data: Callable[[Any], dict[str, Any]]) -> Turn:
    """One epoch of `fit`; data(keras) gives its arguments."""
    if engine:
        os.environ["PELLUCID_ENGINE"] = engine
    keras = library(name)
    model = shallow.network(keras)
    model.set_weights(shallow.weights())
    given = data(keras)
    return lambda: float(model.fit(**given, epochs=1, verbose=0).history["loss"][0])


def memory_mapped(keras: Any) -> dict[str, Any]:
    return {"x": images(), "y": labels(), "batch_size": BATCH}


def hdf5(keras: Any) -> dict[str, Any]:
    import h5py

    document = h5py.File(file("images.h5", _write_hdf5))
    return {"x": document["x"], "y": labels(), "batch_size": BATCH, "shuffle": "batch"}


def in_memory(keras: Any) -> dict[str, Any]:
    return {"x": np.array(images()), "y": labels(), "batch_size": BATCH}


def by_batches(keras: Any) -> dict[str, Any]:
    """A dataset that reads a batch when it is asked for one."""
    x, y = images(), labels()

    class Batches(keras.utils.PyDataset):
        def __len__(self) -> int:
            return -(-IMAGES // BATCH)

        def __getitem__(self, index: int) -> tuple[Array, Array]:
            rows = slice(index * BATCH, (index + 1) * BATCH)
            return np.array(x[rows]), y[rows]

    return {"x": Batches()}


def pytorch() -> Turn:
    """A data loader over the memory-mapped file, which picks the rows of a batch at once."""
    import torch
    from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler

    class Images(Dataset):
        def __init__(self) -> None:
            self.x, self.y = images(), torch.from_numpy(labels())

        def __len__(self) -> int:
            return IMAGES

        def __getitem__(self, rows: list[int]) -> tuple[Any, Any]:
            return torch.from_numpy(self.x[rows]), self.y[rows]

    data = Images()
    loader = DataLoader(data, sampler=BatchSampler(RandomSampler(data), BATCH, False), batch_size=None)
    model, optimizer, loss_of = shallow.pytorch_network()

    def epoch() -> float:
        total = torch.zeros(())
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(x)
        return total.item() / IMAGES

    return epoch


def jax_by_hand() -> Turn:
    """One compiled step, given a batch at a time."""
    import jax
    import jax.numpy as jnp

    x, y, weights = images(), labels(), [jnp.asarray(value) for value in shallow.weights()]
    draw = np.random.default_rng(0)

    def learn(weights: Any, x: Any, y: Any) -> Any:
        loss, slopes = jax.value_and_grad(shallow.jax_loss)(weights, x, y)
        return [w - shallow.RATE * slope for w, slope in zip(weights, slopes, strict=True)], loss * len(x)

    step = jax.jit(learn, donate_argnums=0)

    def epoch() -> float:
        nonlocal weights
        total, order = 0.0, draw.permutation(IMAGES)
        for start in range(0, IMAGES, BATCH):
            index = order[start : start + BATCH]
            weights, loss = step(weights, x[index], y[index])
            total += float(loss)
        return total / IMAGES

    return epoch


def _fit(name: str, backend: str, how: Callable[[Any], dict[str, Any]], note: str = "", engine: str = "") -> Peer:
    """A peer that trains through `fit`, ours or Keras's."""
    ours = backend == "pellucid"
    modules = ("pellucid", *([engine] if engine else [])) if ours else ("keras", backend)
    return Peer(name, partial(fitting, backend, engine, how), modules, note, ours=ours)


WORKLOAD = Workload(
    "memory",
    "Memory",
    text(__doc__),
    (
        _fit("Pellucid", "pellucid", memory_mapped, "a memory-mapped array"),
        _fit("Pellucid PyDataset", "pellucid", by_batches, "batches by number"),
        _fit("Pellucid HDF5", "pellucid", hdf5, "an array of h5py, its batches in another order each epoch"),
        _fit("Pellucid/NumPy", "pellucid", memory_mapped, "a memory-mapped array", "numpy"),
        _fit("Pellucid/JAX", "pellucid", memory_mapped, "a memory-mapped array", "jax"),
        _fit("Pellucid, all in memory", "pellucid", in_memory),
        _fit("Keras/JAX", "jax", by_batches, "PyDataset"),
        _fit("Keras/TensorFlow", "tensorflow", by_batches, "PyDataset"),
        _fit("Keras/PyTorch", "torch", by_batches, "PyDataset"),
        Peer("PyTorch", pytorch, ("torch",), "a DataLoader over the memory-mapped file, written by hand"),
        Peer("JAX", jax_by_hand, ("jax",), "a compiled step, given rows of the memory-mapped file; written by hand"),
        Peer(
            "NumPy", lambda: shallow.numpy_by_hand(images(), labels()), ("numpy",),
            "rows of the memory-mapped file; written by hand",
        ),
    ),
    measure=Measure.MEMORY,
    unit="MB of private memory",
    images=False,
)  # fmt: skip
