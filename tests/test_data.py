"""Every form of data gives the same batches; their order comes from key and epoch alone."""

import warnings
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.data import Batch, DataWarning, PyDataset, Sequence, Slot, Source, batch, source, split
from pellucid.data.columns import Rows
from pellucid.random import key

ROWS = Slot("rows", (None, 3))
SIDE = Slot("side", (None, 2))
LABEL = Slot("digit", (None,), "int32", "labels", 10)
HEIGHT = Slot("height", (None, 1))
X = np.arange(30, dtype="float32").reshape(10, 3)
Y = np.arange(10)


def rows(source: Source, *arguments: Any, **named: Any) -> list[list[int]]:
    """Which rows of X each batch holds."""
    return [(b.x[0][:, 0] / 3).astype(int).tolist() for b in source.batches(*arguments, **named)]


class Dataset(PyDataset):
    """X and Y in batches of 4; keeps what it was told."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.told: list[Any] = []

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> Any:
        self.told.append(index)
        return X[4 * index : 4 * index + 4], Y[4 * index : 4 * index + 4]

    def on_epoch_begin(self) -> None:
        self.told.append("begin")

    def on_epoch_end(self) -> None:
        self.told.append("end")


class Loader:
    """Can be walked again and again, as a data loader; gives lists."""

    def __iter__(self) -> Iterator[Any]:
        return iter([[X[:4], Y[:4]], [X[4:8], Y[4:8]], [X[8:], Y[8:]]])

    def __len__(self) -> int:
        return 3


class Frame:
    """A table that answers __array__ only, as pandas does."""

    def __init__(self, values: Any) -> None:
        self.values, self.shape = values, values.shape

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self.values, dtype)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, column: str) -> Any:
        raise KeyError(column)


FORMS: dict[str, Any] = {
    "arrays": lambda: (X, Y),
    "float64": lambda: (X.astype("float64"), Y.astype("float64")),
    "integers": lambda: (X.astype("int16"), Y.astype("uint8")),
    "lists": lambda: (X.tolist(), Y.tolist()),
    "a list of rows": lambda: (list(X), list(Y)),
    "lists of one array": lambda: ([X], [Y]),
    "tuples of one array": lambda: ((X,), (Y,)),
    "dicts": lambda: ({"rows": X}, {"digit": Y}),
    "a table": lambda: (Frame(X), Frame(Y)),
    "columns first in memory": lambda: (np.asfortranarray(X), Y[::-1][::-1]),
    "labels in a column": lambda: (X, Y[:, None]),
    "a generator": lambda: (((X[i : i + 4], Y[i : i + 4]) for i in (0, 4, 8)), None),
    "a dataset": lambda: (Dataset(), None),
    "a dataset with workers": lambda: (Dataset(workers=3, max_queue_size=2), None),
    "a loader": lambda: (Loader(), None),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_batches(form: str) -> None:
    x, y = FORMS[form]()
    batches = list(source(x, y, inputs=[ROWS], targets=[LABEL], batch_size=4).batches(None))
    assert [len(b.x[0]) for b in batches] == [4, 4, 2]  # the last is short
    for number, found in enumerate(batches):
        assert found.x[0].dtype == "float32"
        assert found.y[0].dtype == "int32"
        assert found.weights is None
        np.testing.assert_array_equal(found.x[0], X[4 * number : 4 * number + 4])
        np.testing.assert_array_equal(found.y[0], Y[4 * number : 4 * number + 4])


@pytest.mark.parametrize("shuffle", [True, "batch", False])
def test_arrays_on_disk_give_the_same_batches_as_in_memory(tmp_path: Path, shuffle: Any) -> None:
    mapped = np.memmap(tmp_path / "x.bin", "float64", "w+", shape=X.shape)
    mapped[:] = X
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"], file["y"] = X, Y
        settings: Any = {"inputs": [ROWS], "targets": [LABEL], "batch_size": 4, "shuffle": shuffle}
        wanted = rows(source(X, Y, **settings), key(3))
        for x, y in ((mapped, Y), (file["x"], file["y"])):
            found = source(x, y, **settings)
            assert rows(found, key(3)) == wanted
            assert found.whole() is None


def test_an_array_on_disk_is_read_in_pieces() -> None:
    """No request is for more rows than the check's chunk or a batch."""
    asked = []

    class OnDisk:
        shape, dtype, chunks = (20_000, 100), np.dtype("float32"), (100, 100)

        def __getitem__(self, pick: Any) -> Any:
            count = pick.stop - pick.start if isinstance(pick, slice) else len(pick)
            asked.append(count)
            return np.zeros((count, 100), "float32")

    next(source(OnDisk(), inputs=[Slot("x", (None, 100))]).batches(None))
    assert max(asked) * 100 <= 1 << 18
    assert asked[-1] == 32  # the default batch size


def test_rows_on_disk_are_asked_for_forwards_and_come_in_the_order_wanted() -> None:
    class Picky:
        shape, dtype = (10, 3), X.dtype

        def __getitem__(self, pick: Any) -> Any:
            assert (np.diff(pick) > 0).all()
            return X[pick]

    np.testing.assert_array_equal(Rows(Picky(), 2)[np.array([5, 0, 3])], X[[7, 2, 5]])


def test_a_float32_array_is_never_copied_whole() -> None:
    whole = source(X, Y.astype("int32"), inputs=[ROWS], targets=[LABEL]).whole()
    assert whole is not None
    assert np.shares_memory(whole.x[0], X)


def test_no_array_is_changed() -> None:
    frozen = X.copy(), Y.copy()
    for array in frozen:
        array.flags.writeable = False
    list(source(*frozen, inputs=[ROWS], targets=[LABEL], shuffle=True).batches(key(0)))


@given(samples=st.integers(1, 40), size=st.integers(1, 12), shuffle=st.sampled_from([True, False, "batch"]))
@settings(max_examples=40, deadline=None)
def test_an_epoch_holds_every_sample_once(samples: int, size: int, shuffle: Any) -> None:
    x = np.arange(samples, dtype="float32")
    found = source(x, inputs=[Slot("x", (None, 1))], batch_size=size, shuffle=shuffle)
    batches = [b.x[0][:, 0].tolist() for b in found.batches(key(1), 2)]
    assert sorted(chain.from_iterable(batches)) == x.tolist()
    assert len(batches) == found.steps == -(-samples // size)
    assert all(len(b) == size for b in batches[:-1])


def test_the_order_comes_from_key_and_epoch_alone() -> None:
    def found() -> Source:
        return source(X, Y, inputs=[ROWS], targets=[LABEL], batch_size=4, shuffle=True)

    used = found()
    rows(used, key(1), 0)
    assert rows(used, key(1), 1) == rows(found(), key(1), 1)
    assert rows(used, key(1), 1) != rows(used, key(1), 2)
    assert rows(used, key(1), 1) != rows(used, key(2), 1)


def test_x_y_and_weights_stay_together_when_shuffled() -> None:
    for b in source(X, Y, Y / 2, inputs=[ROWS], targets=[LABEL], batch_size=4, shuffle=True).batches(key(5)):
        assert b.weights is not None
        np.testing.assert_array_equal(b.x[0][:, 0] / 3, b.y[0])
        np.testing.assert_array_equal(b.weights[0], b.y[0] / 2)


def test_whole_batches_change_places_and_the_short_one_stays_last() -> None:
    found = source(X, Y, inputs=[ROWS], targets=[LABEL], batch_size=3, shuffle="batch")
    orders = {tuple(map(tuple, rows(found, key(0), epoch))) for epoch in range(30)}
    assert len(orders) == 6  # 3! orders of the full batches
    assert {order[-1] for order in orders} == {(9,)}


@pytest.mark.parametrize("form", ["arrays", "a dataset", "a loader", "a generator"])
def test_a_resumed_epoch_goes_on_at_the_batch_where_it_stopped(form: str) -> None:
    def found() -> Source:
        x, y = FORMS[form]()
        return source(x, y, inputs=[ROWS], targets=[LABEL], batch_size=4, shuffle=True)

    assert rows(found(), key(1), skip=1) == rows(found(), key(1))[1:]


def test_skipping_reads_nothing_of_a_dataset() -> None:
    dataset = Dataset()
    rows(source(dataset, inputs=[ROWS], targets=[LABEL]), None, skip=2)
    assert dataset.told == ["begin", 2, "end"]


@pytest.mark.parametrize("form", ["arrays", "a dataset"])
def test_fewer_steps_than_batches_go_on_in_the_next_epoch_as_in_keras(form: str) -> None:
    x, y = FORMS[form]()
    found = source(x, y, inputs=[ROWS], targets=[LABEL], batch_size=4, steps=2)
    assert found.steps == 2
    assert rows(found, None, 0) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    with pytest.warns(DataWarning, match="epoch 2 asked for 2 batches and there were 1"):
        assert rows(found, None, 1) == [[8, 9]]
    assert rows(found, None, 2) == [[0, 1, 2, 3], [4, 5, 6, 7]]


@pytest.mark.parametrize("form", ["arrays", "a dataset", "a loader"])
def test_more_steps_than_batches_end_with_a_warning(form: str) -> None:
    x, y = FORMS[form]()
    found = source(x, y, inputs=[ROWS], targets=[LABEL], batch_size=4, steps=5)
    assert found.steps == 3
    for epoch in range(2):
        with pytest.warns(DataWarning, match="asked for 5 batches and there were 3"):
            assert len(rows(found, None, epoch)) == 3


def test_parts_of_one_shuffle_make_up_the_whole() -> None:
    found = source(X, Y, inputs=[ROWS], targets=[LABEL], batch_size=2, shuffle=True, steps=1)
    batches = [batch for epoch in range(5) for batch in rows(found, key(0), epoch)]
    assert sorted(chain.from_iterable(batches)) == list(range(10))


def endless() -> Iterator[Any]:
    number = 0
    while True:
        yield X[number % 10][None], Y[number % 10][None]
        number += 1


def test_a_generator_goes_on_from_epoch_to_epoch() -> None:
    found = source(endless(), inputs=[ROWS], targets=[LABEL], steps=3)
    assert found.steps == 3
    assert found.samples is None
    assert rows(found, None, 0) == [[0], [1], [2]]
    assert rows(found, None, 1) == [[3], [4], [5]]


def test_a_generator_that_runs_out_says_so() -> None:
    found = source(((X, Y) for _ in range(3)), inputs=[ROWS], targets=[LABEL], steps=2)
    assert len(rows(found, None, 0)) == 2
    with pytest.warns(DataWarning, match="epoch 2 asked for 2 batches and there were 1"):
        assert len(rows(found, None, 1)) == 1
    with pytest.warns(DataWarning, match="no batches left for epoch 3"):
        assert rows(found, None, 2) == []


def test_a_generator_without_steps_serves_one_epoch() -> None:
    found = source(((X, Y) for _ in range(3)), inputs=[ROWS], targets=[LABEL])
    assert found.steps is None
    assert len(rows(found, None, 0)) == 3
    with pytest.warns(DataWarning, match="while True"):
        assert rows(found, None, 1) == []


def test_a_loader_is_walked_anew_each_epoch() -> None:
    found = source(Loader(), inputs=[ROWS], targets=[LABEL])
    assert found.steps == 3
    assert rows(found, None, 0) == rows(found, None, 1)


def test_a_loader_with_steps_goes_on_where_it_stopped() -> None:
    found = source(Loader(), inputs=[ROWS], targets=[LABEL], steps=1)
    assert [rows(found, None, epoch)[0][0] for epoch in range(4)] == [0, 4, 8, 0]


def test_a_dataset_is_told_when_epochs_begin_and_end() -> None:
    dataset = Dataset()
    rows(source(dataset, inputs=[ROWS], targets=[LABEL]), None)
    assert dataset.told == ["begin", 0, 1, 2, "end"]


def test_a_dataset_changes_the_order_of_its_batches_by_key() -> None:
    found = source(Dataset(), inputs=[ROWS], targets=[LABEL], shuffle=True)
    orders = {tuple(b[0] for b in rows(found, key(epoch))) for epoch in range(30)}
    assert len(orders) == 6


def test_anything_with_a_length_and_items_is_a_dataset() -> None:
    class Plain:
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> Any:
            return X[5 * index : 5 * index + 5], Y[5 * index : 5 * index + 5]

    assert [b[0] for b in rows(source(Plain(), inputs=[ROWS], targets=[LABEL]), None)] == [0, 5]


def test_an_endless_dataset_needs_steps_to_end() -> None:
    class Endless(Dataset):
        @property
        def num_batches(self) -> int | None:
            return None

        def __getitem__(self, index: int) -> Any:
            return X[index % 10][None], Y[index % 10][None]

    found = source(Endless(), inputs=[ROWS], targets=[LABEL], steps=2)
    assert found.steps == 2
    assert [rows(found, None, epoch) for epoch in (0, 3)] == [[[0], [1]], [[6], [7]]]
    assert next(source(Endless(), inputs=[ROWS], targets=[LABEL]).batches(None)).y[0] == [0]


def test_workers_keep_the_order_and_their_errors_arrive() -> None:
    class Broken(Dataset):
        def __getitem__(self, index: int) -> Any:
            if index == 1:
                raise OSError("disk gone")
            return super().__getitem__(index)

    batches = source(Broken(workers=2), inputs=[ROWS], targets=[LABEL]).batches(None)
    next(batches)
    with pytest.raises(OSError, match="disk gone"):
        next(batches)


def test_the_old_name_of_a_dataset_is_the_same_class() -> None:
    assert Sequence is PyDataset
    with pytest.raises(NotImplementedError, match="must write __len__"):
        len(PyDataset())


def test_several_inputs_and_targets_by_place_and_by_name() -> None:
    side = X[:, :2] + 1
    slots: Any = {"inputs": [ROWS, SIDE], "targets": [LABEL, HEIGHT]}
    by_place = next(source([X, side], (Y, Y), **slots).batches(None))
    by_name = next(source({"side": side, "rows": X}, {"height": Y, "digit": Y}, **slots).batches(None))
    streamed = next(source(iter([((X, side), (Y, Y))]), **slots).batches(None))
    for found in (by_place, by_name, streamed):
        np.testing.assert_array_equal(found.x[0], X)
        np.testing.assert_array_equal(found.x[1], side)
        assert found.y[0].shape == (10,)
        assert found.y[1].shape == (10, 1)


def test_predict_needs_no_targets_and_leaves_a_generators_alone() -> None:
    for x in (X, iter([X]), iter([(X,)]), iter([(X, Y)]), Dataset()):
        found = next(source(x, inputs=[ROWS]).batches(None))
        assert isinstance(found, Batch)
        assert found.y == ()
        assert found.weights is None


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((10,), (None, 1)), ((10, 1), (None,)), ((10, 4, 4), (None, 4, 4, 1)), ((10, 4, 1), (None, 4))],
)
def test_an_axis_of_one_is_added_or_dropped_where_nothing_else_is_meant(shape: Any, expected: Any) -> None:
    found = next(source(np.zeros(shape), inputs=[Slot("x", expected)]).batches(None)).x[0]
    assert found.shape == (10, *expected[1:])


def test_a_model_of_fixed_batches_gets_no_other() -> None:
    fixed = [Slot("x", (5, 3))]
    assert [len(b.x[0]) for b in source(X, inputs=fixed).batches(None)] == [5, 5]
    with pytest.raises(ValueError, match="batches of exactly 5, got 10 samples with batch_size=4"):
        source(X, inputs=fixed, batch_size=4)
    with pytest.raises(ValueError, match="batches of exactly 5, got 9 samples"):
        source(X[:9], inputs=fixed)
    with pytest.raises(ValueError, match=r"batch 0: .* 4 rows"):
        next(source(iter([X[:4]]), inputs=fixed).batches(None))


def test_sample_weights_one_for_each_sample_output_or_place() -> None:
    w = np.arange(10.0)
    two: Any = {"inputs": [ROWS], "targets": [LABEL, HEIGHT]}
    for weights, expected in (([w, None], (w, None)), ({"height": w}, (None, w)), (w, (w, w)), (w[:, None], (w, w))):
        found = next(source(X, [Y, Y], weights, **two).batches(None)).weights
        assert found is not None
        for got, want in zip(found, expected, strict=True):
            np.testing.assert_array_equal(got, want)
    steps = Slot("words", (None, 4), "int32", "labels", 10)
    for shape in ((10,), (10, 1), (10, 4)):
        found = next(source(X, np.zeros((10, 4)), np.ones(shape), inputs=[ROWS], targets=[steps]).batches(None)).weights
        assert found is not None
        assert found[0].shape == shape
        assert found[0].dtype == "float32"


@pytest.mark.parametrize(
    ("y", "slot"),
    [
        ([0, 1, 1], LABEL),
        ([[0], [1], [1]], LABEL),
        ([[0.9, 0.1], [0.2, 0.8], [0, 1]], Slot("y", (None, 2), kind="one_hot")),
        ([[1, 0], [0, 1], [0, 1]], Slot("y", (None, 2))),
        ([0.0, 1.0, 1.0], Slot("y", (None, 1), kind="probabilities")),
        ([[0], [1], [1]], Slot("y", (None, 1))),
    ],
)
def test_class_weights_are_found_by_label_largest_target_or_0_and_1(y: Any, slot: Slot) -> None:
    weights = {0: 1.0, 1: 5.0}
    plain = batch(X[:3], y, inputs=[ROWS], targets=[slot], class_weight=weights).weights
    both = next(source(X[:3], y, [2, 2, 3], inputs=[ROWS], targets=[slot], class_weight=weights).batches(None)).weights
    assert plain is not None
    assert both is not None
    np.testing.assert_array_equal(plain[0], [1, 5, 5])
    np.testing.assert_array_equal(both[0], [2, 10, 15])  # multiplied with the samples' own


def test_class_weights_of_a_sequence_meet_one_weight_for_each_sample() -> None:
    slot = Slot("words", (None, 2), "int32", "labels", 3)
    found = batch(X[:2], [[0, 2], [2, 2]], [1, 10], inputs=[ROWS], targets=[slot], class_weight={0: 1, 2: 3})
    assert found.weights is not None
    np.testing.assert_array_equal(found.weights[0], [[1, 3], [30, 30]])


def test_a_class_that_is_not_named_counts_one() -> None:
    found = batch(X[:3], [0, 1, 2], inputs=[ROWS], targets=[LABEL], class_weight={1: 5.0})
    assert found.weights is not None
    np.testing.assert_array_equal(found.weights[0], [1, 5, 1])


def test_an_ignored_label_needs_no_class_weight() -> None:
    slot = LABEL._replace(ignore=-1)
    found = batch(X[:2], [-1, 1], inputs=[ROWS], targets=[slot], class_weight={1: 3.0})
    assert found.weights is not None
    np.testing.assert_array_equal(found.weights[0], [1, 3])


def test_the_last_samples_are_kept_for_validation() -> None:
    (x, y, w), (vx, vy, vw) = split(X, Y, Y, 0.25)
    assert len(x) == len(y) == len(w) == 7  # floor of 7.5, as Keras
    np.testing.assert_array_equal(vx, X[7:])
    np.testing.assert_array_equal(vy, Y[7:])
    np.testing.assert_array_equal(vw, Y[7:])
    assert np.shares_memory(x, X)


def test_a_split_keeps_the_layout(tmp_path: Path) -> None:
    mapped = np.memmap(tmp_path / "x.bin", "float32", "w+", shape=X.shape)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = X
        given = {"a": [X, X], "b": {"rows": X}, "c": X.tolist(), "d": file["x"], "e": mapped, "f": Frame(X)}
        for name, x in given.items():
            (train, y, w), (kept, _, _) = split(x, Y, None, 0.2)
            assert w is None
            assert len(y) == 8
            if name == "a":
                assert [len(part) for part in (*train, *kept)] == [8, 8, 2, 2]
            elif name == "b":
                assert (len(train["rows"]), len(kept["rows"])) == (8, 2)
            else:
                assert (train.shape[0], kept.shape[0]) == (8, 2)
            if name == "e":
                assert isinstance(train, np.memmap)
        _, (kept, y, _) = split(file["x"], Y, None, 0.2)
        assert rows(source(kept, y, inputs=[ROWS], targets=[LABEL], batch_size=1), None) == [[8], [9]]


def test_a_list_of_rows_is_split_by_rows() -> None:
    (x, _, _), (kept, _, _) = split(list(X), list(Y), None, 0.2)
    assert len(x) == 8
    np.testing.assert_array_equal(np.stack(list(kept)), X[8:])


def test_sound_data_raise_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for epoch in range(3):
            rows(source(X, Y, inputs=[ROWS], targets=[LABEL], steps=5, batch_size=2), None, epoch)
