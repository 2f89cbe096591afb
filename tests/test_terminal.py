"""What is drawn in a terminal: aligned, within its width, and true."""

import io

import numpy as np
import pytest
from rich.console import Console

from pellucid import Sequential
from pellucid.inside.samples import confusion
from pellucid.layers import Dense
from pellucid.terminal import LiveCurves, confusion_table, curves, image, image_row, in_words, mistakes

COUNTS = np.array([[10, 2, 0], [0, 1234, 1], [0, 0, 0]])


def plain(width: int = 80) -> Console:
    """A console that is a file."""
    return Console(file=io.StringIO(), width=width)


def printed(console: Console) -> str:
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_confusion_counts_every_sample_once() -> None:
    labels, taken_for = np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 2, 0])
    counts = confusion(labels, taken_for, 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 1]]


def test_the_confusion_table_is_aligned() -> None:
    console = plain()
    console.print(confusion_table(COUNTS, ["cat", "dog", "cow"]))
    lines = printed(console).splitlines()
    assert len(lines) == 4
    assert lines[0].split() == ["cat", "dog", "cow", "found"]
    assert lines[1].split() == ["cat", "10", "2", ".", "83%"]
    assert lines[2].split() == ["dog", ".", "1,234", "1", "100%"]
    assert lines[3].split() == ["cow", ".", ".", "0", "none"]
    assert lines[0].index("dog") + 3 == lines[1].index(" 2 ") + 2 == lines[2].index("1,234") + 5


def test_the_diagonal_of_the_confusion_table_is_highlighted() -> None:
    table = confusion_table(COUNTS, ["cat", "dog", "cow"])
    for i, column in enumerate(table.columns[1:4]):
        marked = [" on " in str(cell.style) for cell in column.cells]  # type: ignore[union-attr]
        assert marked == [i == j for j in range(3)]


def test_mistakes_are_named_in_words() -> None:
    assert mistakes(COUNTS) == [(0, 1, 2), (1, 2, 1)]
    words = in_words(COUNTS, ["cat", "dog", "cow"])
    assert words == "Most often confused: cat taken for dog (twice), dog for cow (once)."
    assert in_words(np.eye(3, dtype=int), ["a", "b", "c"]) == "Not one mistake."


def test_a_rising_curve_goes_from_the_bottom_left_to_the_top_right() -> None:
    lines = [line.plain for line in curves([([0, 1], "")], points=2, low=0, high=1, width=6, height=3)]
    assert [len(line) for line in lines] == [6, 6, 6]
    assert lines[0][-1] != "⠀" != lines[2][0]
    assert lines[0][0] == "⠀" == lines[2][-1]


def test_a_curve_leaves_room_for_the_epochs_to_come() -> None:
    (line,) = curves([([1, 1, 1], "")], points=5, low=0, high=1, width=8, height=1)
    assert line.plain.rstrip("⠀") == "⠉" * 4


@pytest.mark.parametrize("values", [[], [3.0], [float("nan"), 1.0], [float("inf"), 0.0]])
def test_curves_bear_odd_values(values: list[float]) -> None:
    (line,) = curves([(values, "")], points=2, low=0, high=1, width=8, height=1)
    assert len(line.plain) == 8


def test_images_become_smaller_by_averaging() -> None:
    pixels = np.zeros((28, 28))
    pixels[:, 14:] = 255
    drawn = image(pixels, colours=False, width=14).plain.splitlines()
    assert drawn == [" " * 7 + "@" * 7] * 7


def test_images_stand_side_by_side_over_their_captions() -> None:
    console = plain()
    console.print(image_row([np.eye(4), np.eye(4)], ["one", "two"], colours=False))
    assert printed(console).splitlines()[-1].split() == ["one", "two"]


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("validated", [False, True])
def test_live_curves_follow_the_training_within_the_width(width: int, validated: bool) -> None:
    console = Console(file=io.StringIO(), width=width, height=40, force_terminal=True, color_system=None)
    model = Sequential([Dense(2, activation="softmax", input_shape=(3,))])
    model.compile(loss="categorical_crossentropy", metrics=["accuracy"])
    x, y = np.ones((8, 3), "float32"), np.eye(2, dtype="float32")[[0, 1] * 4]
    live = LiveCurves(console)
    data = (x, y) if validated else None
    history = model.fit(x, y, batch_size=2, epochs=3, verbose=0, callbacks=[live], validation_data=data).history
    live_history = live.history
    assert live_history == history
    still = plain(width)
    still.print(live.picture())
    lines = printed(still).splitlines()
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    assert "epoch 3/3" in text
    assert f"loss {history['loss'][-1]:.4f}" in text
    assert ("validation" in text) == validated
    assert "epoch 3/3" in printed(console)
