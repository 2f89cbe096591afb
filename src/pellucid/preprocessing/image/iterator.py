"""Batches without end: what ImageDataGenerator's flow gives, from arrays in memory."""

import os
from collections.abc import Iterator as Numbers
from typing import Any

import numpy as np

from ...arrays import Array
from ...config import image_data_format
from ...data.sequence import PyDataset
from ...errors import DataError, ShapeError, one_of, positive_int
from .pictures import array_to_img


class Iterator(PyDataset):
    """Batch i by `iterator[i]`, or batch after batch, epoch after epoch, by `next(iterator)`.

    A subclass says what a batch is: `batch_of(indices, draws)`.
    """

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None) -> None:
        super().__init__()
        self.n, self.batch_size = n, positive_int(batch_size, "batch_size")
        self.shuffle, self.seed = shuffle, seed
        self.batch_index = 0
        self.total_batches_seen = 0
        self.index_array: Any = None

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, idx: int) -> Any:
        if not 0 <= idx < len(self):
            raise IndexError(f"there are {len(self)} batches, got number {idx}.")
        return self._batch(idx, anew=self.index_array is None)

    def __iter__(self) -> Numbers[Any]:
        return self

    def __next__(self) -> Any:
        if not self.n:
            raise StopIteration
        batch = self._batch(self.batch_index, anew=self.batch_index == 0)
        self.batch_index = (self.batch_index + 1) % len(self)
        return batch

    next = __next__

    @property
    def N(self) -> int:
        """Keras 1's name of `n`, how many samples there are."""
        return self.n

    def reset(self) -> None:
        """Begin the epoch anew."""
        self.batch_index = 0

    def on_epoch_end(self) -> None:
        self._order(self._draws())

    def batch_of(self, indices: Array, draws: Any) -> Any:
        raise NotImplementedError

    def _batch(self, number: int, anew: bool) -> Any:
        """A batch; anew: the first of an epoch, which puts the samples in a new order."""
        draws = self._draws()
        if anew:
            self._order(draws)
        self.total_batches_seen += 1
        return self.batch_of(self.index_array[self.batch_size * number : self.batch_size * (number + 1)], draws)

    def _order(self, draws: Any) -> None:
        self.index_array = draws.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _draws(self) -> Any:
        """Where chance comes from: with a seed, a generator that depends on how many batches there were."""
        return np.random if self.seed is None else np.random.RandomState(self.seed + self.total_batches_seen)


class PictureIterator(Iterator):
    """What iterators over pictures share: changing them, and writing what comes out."""

    image_data_generator: Any
    data_format: str
    save_to_dir: Any
    save_prefix: str
    save_format: str

    def changed(self, picture: Array, draws: Any) -> Array:
        """One picture after its changes by chance and its scaling."""
        generator = self.image_data_generator
        parameters = generator.get_random_transform(picture.shape, None if draws is np.random else draws)
        return generator.standardize(generator.apply_transform(picture, parameters))

    def keep(self, batch: Array, indices: Array) -> None:
        """Write a batch's pictures into save_to_dir, if there is one."""
        if not self.save_to_dir:
            return
        os.makedirs(self.save_to_dir, exist_ok=True)
        for picture, place in zip(batch, indices, strict=True):
            name = f"{self.save_prefix}_{place}_{self.total_batches_seen}.{self.save_format}"
            array_to_img(picture, self.data_format, scale=True).save(os.path.join(self.save_to_dir, name))


class NumpyArrayIterator(PictureIterator):
    """Batches of pictures in memory; see ImageDataGenerator.flow."""

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: Any,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
        dtype: Any = None,
    ) -> None:
        pictures, others = (x[0], x[1]) if isinstance(x, tuple | list) else (x, [])
        others = [np.asarray(other) for other in (others if isinstance(others, list) else [others])]
        pictures = np.asarray(pictures, dtype=dtype or "float32")
        parts = {"y": y, "sample_weight": sample_weight, **{f"x[1][{i}]": part for i, part in enumerate(others)}}
        for name, part in parts.items():
            if part is not None and len(part) != len(pictures):
                raise DataError(f"flow: there are {len(pictures)} pictures, but {name} has {len(part)} entries.")
        if pictures.ndim != 4:
            raise ShapeError(f"flow: needs pictures (N, rows, columns, channels), got {pictures.shape}.")
        y = None if y is None else np.asarray(y)
        sample_weight = None if sample_weight is None else np.asarray(sample_weight)
        if subset is not None:
            part = _part(len(pictures), image_data_generator._validation_split, subset)
            if y is not None and not ignore_class_split:
                _check_classes(y, len(pictures), image_data_generator._validation_split)
            pictures, others = pictures[part], [other[part] for other in others]
            y = None if y is None else y[part]
            sample_weight = None if sample_weight is None else sample_weight[part]
        self.x, self.x_misc, self.y, self.sample_weight = pictures, others, y, sample_weight
        self.image_data_generator = image_data_generator
        self.data_format = data_format or image_data_format()
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format
        super().__init__(len(pictures), batch_size, shuffle, seed)

    def batch_of(self, indices: Array, draws: Any) -> Any:
        pictures = np.stack([self.changed(self.x[i], draws) for i in indices])
        self.keep(pictures, indices)
        x = [pictures, *(other[indices] for other in self.x_misc)] if self.x_misc else pictures
        if self.y is None:
            return x
        return (x, self.y[indices]) if self.sample_weight is None else (x, self.y[indices], self.sample_weight[indices])


def _part(samples: int, validation_split: float, subset: str) -> slice:
    """The rows of a subset: the first ones are for validation."""
    one_of(subset, ("training", "validation"), "flow: subset")
    cut = int(samples * validation_split)
    part = slice(0, cut) if subset == "validation" else slice(cut, samples)
    if part.start == part.stop:
        raise DataError(f"flow: the subset {subset!r} is empty, with validation_split={validation_split} of {samples}.")
    return part


def _check_classes(y: Array, samples: int, validation_split: float) -> None:
    cut = int(samples * validation_split)
    if not np.array_equal(np.unique(y[:cut]), np.unique(y[cut:])):
        raise DataError(
            "flow: training and validation subsets would have different classes; validation is taken from the "
            "beginning, so are the data sorted? Shuffle them, or say ignore_class_split=True."
        )
