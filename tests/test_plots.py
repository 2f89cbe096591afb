"""Pictures hold what was put into them. Looked at by eye when they change; here, what a program can see."""

import io
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pellucid.plots import draw_curves, draw_predictions, draw_weights, training_picture
from pellucid.plots.mosaic import columns_for, mosaic
from pellucid.plots.style import ORANGE, new_figure, signed_colours

pytest.importorskip("matplotlib")

SOURCES = str(Path(__file__).resolve().parents[1] / "src")

HISTORY = {"loss": [1.0, 0.5], "val_loss": [1.2, 0.8], "accuracy": [0.4, 0.9], "val_accuracy": [0.3, 0.7]}
LABELS = np.array([0, 1, 2, 0, 1, 2])
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 5, 4))


def probabilities(taken_for: list[int]) -> np.ndarray:
    """Rows that are surest about these classes, each a little surer than the one before."""
    rows = np.full((len(taken_for), 3), 0.1)
    rows[np.arange(len(taken_for)), taken_for] = 0.8 + 0.01 * np.arange(len(taken_for))
    return rows


def test_curves_show_the_numbers_of_the_history() -> None:
    axes = new_figure(4, 3).subplots()
    draw_curves(axes, HISTORY, "accuracy")
    drawn = {line.get_label(): list(line.get_ydata()) for line in axes.get_lines()}
    assert drawn == {"training 0.9000": [0.4, 0.9], "validation 0.7000": [0.3, 0.7]}
    assert list(axes.get_lines()[0].get_xdata()) == [1, 2]


def test_curves_do_without_validation_and_with_a_single_epoch() -> None:
    axes = new_figure(4, 3).subplots()
    draw_curves(axes, {"loss": [0.5]}, "loss")
    (line,) = axes.get_lines()
    assert line.get_marker() == "o"


def test_training_and_validation_differ_in_more_than_colour() -> None:
    axes = new_figure(4, 3).subplots()
    draw_curves(axes, HISTORY, "loss")
    training, validation = axes.get_lines()
    assert training.get_linestyle() != validation.get_linestyle()


def test_every_unit_has_its_weights_drawn_on_one_scale_with_white_at_zero() -> None:
    kernel = np.random.default_rng(1).normal(size=(20, 6))
    axes = new_figure(4, 3).subplots()
    draw_weights(axes, kernel, (5, 4))
    (drawn,) = axes.get_images()
    low, high = drawn.get_clim()
    assert low == -high
    assert drawn.get_cmap()(0.5)[:3] == pytest.approx((1, 1, 1), abs=0.02)
    sheet = np.asarray(drawn.get_array())
    for unit in range(6):
        y, x = unit // 3 * 6, unit % 3 * 5
        np.testing.assert_array_equal(sheet[y : y + 5, x : x + 4], kernel[:, unit].reshape(5, 4))


def test_blue_is_positive_and_orange_negative() -> None:
    red, _, blue, _ = signed_colours()(0.85)
    assert blue > red
    red, _, blue, _ = signed_colours()(0.15)
    assert red > blue


def test_more_than_64_units_are_cut_and_the_heading_says_so() -> None:
    axes = new_figure(4, 3).subplots()
    draw_weights(axes, np.ones((4, 100)), (2, 2))
    assert "64 of the 100" in axes.get_title(loc="left")


def test_a_kernel_that_does_not_fit_the_images_is_refused() -> None:
    with pytest.raises(ValueError, match=r"20 inputs .* \(3, 3\)"):
        draw_weights(new_figure(4, 3).subplots(), np.ones((20, 6)), (3, 3))


def test_wrong_predictions_are_framed_crossed_and_named() -> None:
    axes = new_figure(4, 3).subplots()
    draw_predictions(axes, IMAGES, LABELS, probabilities([0, 1, 2, 2, 1, 0]), names=["cat", "dog", "cow"])
    captions = [text.get_text() for text in axes.texts]
    assert captions == [
        *("cat", "dog", "cow", "dog"),
        "Mistakes: 2 of 6 images",
        *("✗ cat\nis cow", "✗ cow\nis cat"),  # the surest first
    ]
    framed = [patch for patch in axes.patches if patch.get_edgecolor() == pytest.approx(_rgba(ORANGE))]
    assert len(framed) == 2


def test_without_mistakes_nothing_is_framed() -> None:
    axes = new_figure(4, 3).subplots()
    draw_predictions(axes, IMAGES, LABELS, probabilities(list(LABELS)))
    assert [text.get_text() for text in axes.texts] == ["0", "1", "2", "0", "1", "2"]


def test_all_images_share_one_scale_of_grey() -> None:
    axes = new_figure(4, 3).subplots()
    draw_predictions(axes, IMAGES, LABELS, probabilities(list(LABELS)))
    assert {image.get_clim() for image in axes.get_images()} == {(float(IMAGES.min()), float(IMAGES.max()))}


@pytest.mark.parametrize("count", range(1, 65))
def test_a_sheet_has_room_for_all_and_is_not_a_ribbon(count: int) -> None:
    columns = columns_for(count)
    assert math.isqrt(count - 1) < columns < 2 * math.isqrt(count) + 2
    sheet = mosaic(np.full((count, 2, 3), 7.0), columns)
    assert (sheet == 7).sum() == count * 6


@pytest.mark.parametrize("colours", [(), (3,)])
def test_the_training_picture_becomes_a_png_that_is_not_blank(colours: tuple[int, ...]) -> None:
    from matplotlib.image import imread

    images = np.random.default_rng(0).random((6, 5, 4, *colours))
    kernel = np.random.default_rng(1).normal(size=(images[0].size, 6))
    figure = training_picture(HISTORY, images, LABELS, probabilities([0, 1, 2, 2, 1, 0]), kernel, heading="20–6–3")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=50)
    file.seek(0)
    pixels = imread(file)
    assert pixels.shape[:2] == (440, 600)
    for part in (pixels[:220, :300], pixels[:220, 300:], pixels[300:, :300], pixels[300:, 300:]):
        assert part.std() > 0.02


def test_inputs_that_are_no_images_leave_the_curves() -> None:
    figure = training_picture(HISTORY, None, LABELS, probabilities(list(LABELS)), np.ones((20, 6)))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Loss", "Accuracy"]


def test_plots_load_matplotlib_only_when_they_draw() -> None:
    program = (
        f"import sys; sys.path.insert(0, {SOURCES!r}); import pellucid.plots; sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_without_matplotlib_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        new_figure(1, 1)


def _rgba(colour: str) -> tuple[float, ...]:
    from matplotlib.colors import to_rgba

    return to_rgba(colour)
