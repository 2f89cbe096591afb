"""Bad data stop before the first update, and the message says where, what, what range, and what to do.

Each case is tried in four forms: arrays, a generator, a PyDataset and one batch by itself.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

from pellucid.data import PyDataset, Slot, batch, source, split
from pellucid.errors import DataError, ShapeError

IMAGES = Slot("images", (None, 4, 4, 3))
ROWS = Slot("rows", (None, 3))
WORDS = Slot("words", (None, 2), "int32", "indices", 100)
LABELS = Slot("digits", (None,), "int32", "labels", 10)
ONE_HOT = Slot("digits", (None, 10), kind="one_hot")
SPAM = Slot("spam", (None, 1), kind="probabilities")
HEIGHT = Slot("height", (None, 1))
THREE = Slot("three", (None, 3))

GOOD_X = np.linspace(-1, 1, 15).reshape(5, 3).astype("float32")
GOOD_Y = np.array([0, 1, 2, 3, 9])
HEIGHTS = np.linspace(0, 1, 5)


def changed(array: Any, index: Any, value: Any) -> Any:
    copy = np.array(array)
    copy[index] = value
    return copy


class Sparse:
    """As SciPy's sparse matrices show themselves."""

    shape = (5, 3)

    def toarray(self) -> Any:
        return GOOD_X

    def __len__(self) -> int:
        raise TypeError("sparse array length is ambiguous")


class Case(NamedTuple):
    """What is given, to which slots, the error, and what its message must contain."""

    name: str
    x: Any
    y: Any
    error: type[Exception]
    says: tuple[str, ...]
    inputs: Any = (ROWS,)
    targets: Any = (HEIGHT,)
    weights: Any = None
    class_weight: Any = None


CASES = [
    Case("nan in x", changed(GOOD_X, (3, 1), np.nan), HEIGHTS, DataError, ("x[3, 1] is nan", "-1 to 1", "nan_to_num")),
    Case("inf in x", changed(GOOD_X, (2, 0), -np.inf), HEIGHTS, DataError, ("x[2, 0] is -inf", "finite")),
    Case("nan in y", GOOD_X, changed(HEIGHTS, 4, np.nan), DataError, ("y[4] is nan", "0 to 0.75")),
    Case("inf in y", GOOD_X, changed(HEIGHTS, 0, np.inf), DataError, ("y[0] is inf", "0.25 to 1")),
    Case("nan label", GOOD_X, changed(GOOD_Y.astype(float), 1, np.nan), DataError, ("y[1] is nan",), targets=(LABELS,)),
    Case("too large for float32", GOOD_X, changed(HEIGHTS, 1, 1e300), DataError,
         ("y[1] is 1e+300", "float32", "Scale")),
    Case("label too large", GOOD_X, GOOD_Y + 1, DataError,
         ("y[4] is 10", "labels of 10 classes run from 0 to 9", "from 1 to 10", "y - 1"), targets=(LABELS,)),
    Case("label far too large", GOOD_X, GOOD_Y * 7, DataError, ("y[2] is 14", "0 to 9", "as many units"),
         targets=(LABELS,)),
    Case("negative label", GOOD_X, [0, 1, -1, 0, 1], DataError, ("y[2] is -1", "0 to 9", "(y + 1) // 2"),
         targets=(LABELS,)),
    Case("fractional label", GOOD_X, [0, 1, 2.5, 3, 4], DataError, ("y[2] is 2.5", "whole", "mean_squared_error"),
         targets=(LABELS,)),
    Case("one-hot instead of labels", GOOD_X, np.eye(10)[GOOD_Y], ShapeError,
         ("y must be shaped (batch,), got (5, 10)", "categorical_crossentropy", "argmax"), targets=(LABELS,)),
    Case("labels instead of one-hot", GOOD_X, GOOD_Y, ShapeError,
         ("(batch, 10), got (5,)", "sparse_categorical_crossentropy", "to_categorical(y, 10)"), targets=(ONE_HOT,)),
    Case("column of labels instead of one-hot", GOOD_X, GOOD_Y[:, None], ShapeError,
         ("got (5, 1)", "to_categorical(y, 10)"), targets=(ONE_HOT,)),
    Case("wrong number of features", GOOD_X[:, :2], HEIGHTS, ShapeError, ("x must be shaped (batch, 3), got (5, 2)",)),
    Case("no channel axis", np.zeros((5, 4, 4)), HEIGHTS, ShapeError,
         ("(batch, 4, 4, 3), got (5, 4, 4)", "Add one: x[..., None]"), inputs=(IMAGES,)),
    Case("channels first", np.zeros((5, 3, 4, 4)), HEIGHTS, ShapeError, ("moveaxis(x, 1, -1)",), inputs=(IMAGES,)),
    Case("one sample without batch axis", np.zeros((4, 4, 3)), HEIGHTS, ShapeError, ("x[None]",), inputs=(IMAGES,)),
    Case("flat images", np.zeros((5, 48)), HEIGHTS, ShapeError, ("reshape(-1, 4, 4, 3)",), inputs=(IMAGES,)),
    Case("a single number", 3.0, HEIGHTS, ShapeError, ("x must be shaped (batch, 3), got ()",)),
    Case("different lengths", GOOD_X, HEIGHTS[:4], ShapeError, ("x has 5 samples", "y has 4")),
    Case("(N,) against (N, 3)", GOOD_X, HEIGHTS, ShapeError, ("y must be shaped (batch, 3), got (5,)", "stretched"),
         targets=(THREE,)),
    Case("(N, 1) against (N, 3)", GOOD_X, HEIGHTS[:, None], ShapeError, ("got (5, 1)", "stretched"), targets=(THREE,)),
    Case("(N, N) against (N, 1)", GOOD_X, np.zeros((5, 5)), ShapeError, ("y must be shaped (batch, 1), got (5, 5)",)),
    Case("empty x", GOOD_X[:0], HEIGHTS[:0], DataError, ("x is empty", "(0, 3)", "at least one sample")),
    Case("empty list", [], [], DataError, ("x is empty",)),
    Case("masked values", np.ma.masked_array(GOOD_X, GOOD_X > 0), HEIGHTS, DataError,
         ("x has masked values", "filled")),
    Case("sparse matrix", Sparse(), HEIGHTS, TypeError, ("x is a sparse matrix", "x.toarray()")),
    Case("complex", GOOD_X + 1j, HEIGHTS, DataError, ("x holds complex numbers", "x.real")),
    Case("ragged list", [[1, 2, 3], [4, 5]], HEIGHTS, DataError,
         ("x is no array", "different lengths", "pad_sequences")),
    Case("object dtype", np.array([[1, None, 2]] * 5, dtype=object), HEIGHTS, DataError, ("x holds objects", "object")),
    Case("text", [["a", "b", "c"]] * 5, HEIGHTS, DataError, ("x holds text", "number first")),
    Case("dates", np.zeros((5, 3), "datetime64[D]"), HEIGHTS, DataError, ("x holds no numbers", "datetime64")),
    Case("index too large", np.full((5, 2), 100), HEIGHTS, DataError,
         ("x[0, 0] is 100", "input_dim=100", "0 to 99", "Raise input_dim to 101"), inputs=(WORDS,)),
    Case("index with many digits", np.full((5, 2), 1234567), HEIGHTS, DataError, ("x[0, 0] is 1234567", "1234568"),
         inputs=(WORDS,)),
    Case("no whole int32", np.full((5, 3), 2**40), HEIGHTS, DataError, ("1099511627776", "2147483647"),
         inputs=(ROWS._replace(dtype="int32"),)),
    Case("negative index", changed(np.ones((5, 2)), (1, 1), -2), HEIGHTS, DataError, ("x[1, 1] is -2", "begin at 0"),
         inputs=(WORDS,)),
    Case("fractional index", np.full((5, 2), 0.5), HEIGHTS, DataError, ("x[0, 0] is 0.5", "whole numbers", "Round"),
         inputs=(WORDS,)),
    Case("target above 1", GOOD_X, HEIGHTS * 2, DataError, ("y[3] is 1.5", "lie in [0, 1]", "from 0 to 2"),
         targets=(SPAM,)),
    Case("targets of -1 and 1", GOOD_X, [1, -1, 1, 1, -1], DataError, ("y[1] is -1", "(y + 1) / 2", "hinge"),
         targets=(SPAM,)),
    Case("labels of samples for places", GOOD_X, GOOD_Y, ShapeError, ("each of 4 × 6 places", "Flatten", "return_seq"),
         targets=(Slot("digits", (None, 4, 6), "int32", "labels", 10),)),
    Case("rows of samples for places", GOOD_X, np.eye(10)[GOOD_Y], ShapeError, ("each of 28 places", "Flatten"),
         targets=(Slot("digits", (None, 28, 10), kind="one_hot"),)),
    Case("weights of wrong length", GOOD_X, HEIGHTS, ShapeError, ("x has 5 samples", "sample_weight has 4"),
         weights=np.ones(4)),
    Case("weights of wrong shape", GOOD_X, HEIGHTS, ShapeError, ("sample_weight must hold one number", "(5, 2)"),
         weights=np.ones((5, 2))),
    Case("nan weight", GOOD_X, HEIGHTS, DataError, ("sample_weight[2] is nan",), weights=changed(HEIGHTS, 2, np.nan)),
    Case("no targets", GOOD_X, None, ValueError, ("y is missing", "height", "(x, y)")),
    Case("None among x", [GOOD_X, None], HEIGHTS, TypeError, ("x[1] is None",), inputs=(ROWS, ROWS._replace(name="b"))),
    Case("too many inputs", [GOOD_X, GOOD_X], HEIGHTS, ValueError, ("x must hold 1 array", "list of 2")),
    Case("too few inputs", GOOD_X, HEIGHTS, ValueError, ("x must hold 2 arrays", "rows", "b", "one array"),
         inputs=(ROWS, ROWS._replace(name="b"))),
    Case("too few targets", GOOD_X, [HEIGHTS], ValueError, ("y must hold 2 arrays", "list of 1"),
         targets=(HEIGHT, THREE)),
    Case("unknown name", {"rows": GOOD_X, "rwos": GOOD_X}, HEIGHTS, ValueError, ("does not know ['rwos']", "['rows']")),
    Case("missing name", GOOD_X, {"hight": HEIGHTS}, ValueError, ("misses ['height']",)),
]  # fmt: skip


def as_arrays(case: Case) -> None:
    source(
        case.x, case.y, case.weights, inputs=case.inputs, targets=case.targets, class_weight=case.class_weight
    )  # nothing is drawn: the error comes before the first batch


def as_one_batch(case: Case) -> None:
    batch(case.x, case.y, case.weights, inputs=case.inputs, targets=case.targets, class_weight=case.class_weight)


def item(case: Case) -> Any:
    return (case.x, case.y) if case.weights is None else (case.x, case.y, case.weights)


def as_generator(case: Case) -> None:
    stream = source((item(case) for _ in range(2)), inputs=case.inputs, targets=case.targets,
                    class_weight=case.class_weight)  # fmt: skip
    next(stream.batches(None))


class Given(PyDataset):
    """One batch, the same for every number."""

    def __init__(self, content: Any) -> None:
        super().__init__()
        self.content = content

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        return self.content


def as_dataset(case: Case) -> None:
    given = source(Given(item(case)), inputs=case.inputs, targets=case.targets, class_weight=case.class_weight)
    next(given.batches(None))


FORMS = {"arrays": as_arrays, "one batch": as_one_batch, "generator": as_generator, "dataset": as_dataset}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_data_are_named_before_the_first_update(case: Case, form: str) -> None:
    with pytest.raises(case.error) as caught:
        FORMS[form](case)
    message = str(caught.value)
    for words in case.says:
        assert words in message
    if form in ("generator", "dataset"):
        assert "batch 0: " in message


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.says[0].startswith(("x[", "x is", "x must", "x holds"))],
    ids=lambda case: case.name,
)
def test_predict_refuses_the_same_inputs(case: Case) -> None:
    for given in (case.x, iter([(case.x,)])):
        with pytest.raises(case.error) as caught:
            next(source(given, inputs=case.inputs).batches(None))
        assert case.says[0] in str(caught.value)


@pytest.mark.parametrize("value", [0, -1, 2.5, True, "32"])
def test_batch_size_and_steps_are_positive_whole_numbers(value: Any) -> None:
    for argument in ("batch_size", "steps"):
        with pytest.raises(ValueError, match=rf"{argument} must be a positive whole number, got"):
            source(GOOD_X, HEIGHTS, inputs=[ROWS], targets=[HEIGHT], **{argument: value})


@pytest.mark.parametrize("value", [0, 1, 1.5, -0.1, True, "half", float("nan")])
def test_validation_split_lies_between_0_and_1(value: Any) -> None:
    with pytest.raises(ValueError, match="validation_split must be above 0 and below 1"):
        split(GOOD_X, HEIGHTS, None, value)


def test_neither_part_of_a_split_may_be_empty() -> None:
    with pytest.raises(ValueError, match="5 samples leaves 0 for training and 5"):
        split(GOOD_X, HEIGHTS, None, 0.99)


def test_a_split_needs_arrays_of_one_length() -> None:
    with pytest.raises(ShapeError, match="x has 5 samples and y has 4"):
        split(GOOD_X, HEIGHTS[:4], None, 0.2)
    with pytest.raises(ValueError, match="validation_data"):
        split((item for item in ()), None, None, 0.2)


@pytest.mark.parametrize(
    ("class_weight", "error", "words"),
    [
        ("fair", TypeError, "dict from class number to weight, or 'balanced', got 'fair'"),
        ({}, TypeError, "dict from class number"),
        ({"0": 1.0}, ValueError, "keys are class numbers, whole and from 0, got '0'"),
        ({-1: 1.0}, ValueError, "got -1"),
        ({10: 1.0}, ValueError, "class 10, but the classes run from 0 to 9"),
        ({0: -2.0}, ValueError, r"class_weight\[0\] must be a finite number of at least 0, got -2.0"),
        ({0: float("nan")}, ValueError, "got nan"),
    ],
)
def test_class_weight_is_checked(class_weight: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        source(GOOD_X, GOOD_Y, inputs=[ROWS], targets=[LABELS], class_weight=class_weight)


def test_one_class_weight_does_not_do_for_two_outputs() -> None:
    with pytest.raises(ValueError, match="this model has 2 outputs"):
        source(GOOD_X, [HEIGHTS, HEIGHTS], inputs=[ROWS], targets=[HEIGHT, SPAM], class_weight={0: 1.0})


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (None, "x is None"),
        ("digits.csv", "Load the file first"),
        (lambda: 1, "x()"),
        (object(), "something that gives"),
    ],
)
def test_what_holds_no_data_is_a_type_error(x: Any, words: str) -> None:
    with pytest.raises(TypeError) as caught:
        source(x, inputs=[ROWS])
    assert words in str(caught.value)


def test_a_generator_that_yields_nothing_is_named() -> None:
    with pytest.raises(DataError, match="no batch at all"):
        next(source(iter([]), inputs=[ROWS]).batches(None))


def test_a_dataset_without_batches_is_named() -> None:
    class Nothing(Given):
        def __len__(self) -> int:
            return 0

    with pytest.raises(DataError, match="Nothing, is empty: it has 0 batches"):
        source(Nothing(None), inputs=[ROWS])


def test_a_bad_batch_in_the_middle_is_named_by_its_number() -> None:
    def stream() -> Iterator[Any]:
        yield GOOD_X, HEIGHTS
        yield GOOD_X, HEIGHTS
        yield changed(GOOD_X, (4, 2), np.nan), HEIGHTS

    batches = source(stream(), inputs=[ROWS], targets=[HEIGHT]).batches(None)
    next(batches), next(batches)
    with pytest.raises(DataError, match=r"batch 2: x\[4, 2\] is nan"):
        next(batches)


@pytest.mark.parametrize("content", [(), (GOOD_X, HEIGHTS, HEIGHTS, HEIGHTS), None])
def test_a_generator_that_yields_something_else_is_named(content: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="batch 0: "):
        next(source(iter([content]), inputs=[ROWS], targets=[HEIGHT]).batches(None))


def test_targets_beside_a_generator_are_refused() -> None:
    with pytest.raises(ValueError, match="y must not be given when x, a generator, gives the batches"):
        source((i for i in ()), HEIGHTS, inputs=[ROWS], targets=[HEIGHT])


def test_the_place_is_right_far_down_a_large_array() -> None:
    x = np.zeros((40_000, 20), "float32")
    x[39_999, 7] = np.nan
    with pytest.raises(DataError, match=r"x\[39999, 7\] is nan"):
        source(x, inputs=[Slot("x", (None, 20))])


def test_infinities_that_cancel_in_the_sum_are_found() -> None:
    with pytest.raises(DataError, match=r"x\[0, 0\] is inf, the first of at least 2"):
        source(np.array([[np.inf, -np.inf, 0]]), inputs=[ROWS])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_finite_numbers_whose_sum_overflows_pass(dtype: str) -> None:
    x = np.full((5, 3), min(np.finfo(dtype).max, np.finfo("float32").max), dtype)
    assert source(x, inputs=[ROWS]).samples == 5


ACCEPTED: dict[str, Callable[[], Any]] = {
    "bool inputs": lambda: source(GOOD_X > 0, inputs=[ROWS]),
    "bool labels": lambda: source(GOOD_X, GOOD_Y > 2, inputs=[ROWS], targets=[LABELS]),
    "whole floats as labels": lambda: source(GOOD_X, GOOD_Y.astype(float), inputs=[ROWS], targets=[LABELS]),
    "a column of labels": lambda: source(GOOD_X, GOOD_Y[:, None], inputs=[ROWS], targets=[LABELS]),
    "soft targets": lambda: source(GOOD_X, np.full((5, 10), 0.1), inputs=[ROWS], targets=[ONE_HOT]),
    "a rounding error above 1": lambda: source(GOOD_X, HEIGHTS + 1e-7, inputs=[ROWS], targets=[SPAM]),
    "an ignored label": lambda: source(
        GOOD_X, changed(GOOD_Y, 0, -1), inputs=[ROWS], targets=[LABELS._replace(ignore=-1)]
    ),
    "a user's own target shape": lambda: source(
        GOOD_X, np.zeros((5, 7, 2)), inputs=[ROWS], targets=[HEIGHT._replace(kind="any")]
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_sound_data_are_not_refused(name: str) -> None:
    assert len(next(ACCEPTED[name]().batches(None)).x[0]) == 5


def test_a_label_beside_the_ignored_one_is_still_checked() -> None:
    with pytest.raises(DataError, match=r"y\[1\] is -2"):
        source(GOOD_X, [-1, -2, 0, 0, 0], inputs=[ROWS], targets=[LABELS._replace(ignore=-1)])


def test_the_checker_bites_on_every_single_place() -> None:
    """A planted fault at each place in turn is found at that place."""
    for place in np.ndindex(5, 3):
        with pytest.raises(DataError) as caught:
            source(changed(GOOD_X, place, np.nan), inputs=[ROWS])
        assert f"x[{place[0]}, {place[1]}] is nan" in str(caught.value)
