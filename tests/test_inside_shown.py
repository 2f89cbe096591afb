"""Whatever the views give back tells what it is: at a prompt, and as the last line of a cell."""

from typing import Any

import numpy as np
import pytest

from pellucid import Input, Sequential, experiments, layers
from pellucid.inside import (
    Recording,
    Stepper,
    Watch,
    chain_rule,
    explain,
    grid_warp,
    network_view,
    representation_over,
    separability,
    trace,
)
from pellucid.inside.blocks import html, matrix

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 2)), RNG.integers(0, 2, 20)


def trained() -> tuple[Any, Watch]:
    model = Sequential([Input((2,)), layers.Dense(2, "tanh", name="hidden"), layers.Dense(2, "softmax", name="out")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    watch = Watch(every=1)
    model.fit(X, Y, batch_size=2, epochs=5, verbose=0, callbacks=[watch])
    return model, watch


def test_everything_tells_what_it_is_in_words_and_as_html() -> None:
    model, watch = trained()
    recording = watch.recording
    assert recording is not None
    told = [
        (trace(model, X, Y)["hidden"], "hidden: z = x·W + b, a = tanh(z)"),
        (network_view(model), "hidden"),
        (recording.latest, "Frame after 50 updates: epoch 5, batch 10, rate 0.01, loss on the probe"),
        (recording.frames[0], "Frame after 0 updates: before the first batch"),
        (watch, "51 frames of sequential"),
        (Watch(), "nothing recorded yet"),
        (grid_warp(model, X, Y), "stage by stage"),
        (representation_over(recording), "20 samples over the training"),
        (
            separability([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]),
            "the point (0.5, 0.5) lies in the middle of both",
        ),
        (separability([[0.0], [1.0]], [0, 1]), "Separable: weights 1, threshold 0.5, margin 0.5"),
    ]
    for shown, words in told:
        assert words in repr(shown)
        assert shown._repr_html_().startswith("<div>")


def test_of_a_long_recording_some_frames_are_listed_from_the_first_to_the_last() -> None:
    recording = trained()[1].recording
    assert recording is not None
    (table,) = recording.blocks()
    assert [row[0] for row in table.rows][::19] == ["0", "50"]
    assert table.left_out == "20 of 51 frames"
    assert Recording({}, {}).blocks()[0].rows == ()


def test_the_rows_of_a_larger_array_are_named_by_all_their_places() -> None:
    table = matrix("x", np.zeros((2, 3, 4, 2)))
    assert [row[0] for row in table.rows[:5]] == ["0, 0, 0", "0, 0, 1", "0, 0, 2", "0, 0, 3", "0, 1, 0"]
    assert matrix("b", np.zeros(3)).rows[0][0] == matrix("n", np.zeros(())).rows[0][0] == "0"


def test_a_page_that_says_nothing_of_its_ground_gets_colours_for_light_and_dark() -> None:
    page = html([matrix("W", np.array([1.0, -1.0]))])
    assert "color-scheme" not in page  # the page's own to say
    for colour in ("#1f75cb", "#bf5600"):
        assert colour in page
        assert contrast(colour, "#ffffff") >= 4.5
        assert contrast(colour, "#111111") >= 4.0


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_paths_through_softmax_say_whose_share_they_go_through() -> None:
    model, _ = trained()
    found = chain_rule(model, X, Y, layer="hidden", weight=(0, 0))
    ways = [path.way for path in found.paths]
    assert len(set(ways)) == len(ways)
    assert "hidden[0] → out[0]" in ways
    assert "hidden[0] → out[0] → out/softmax[1]" in ways


@pytest.mark.parametrize("layer", [None, "hidden"])
def test_a_layer_is_explained_by_its_trace(layer: str | None) -> None:
    model, _ = trained()
    assert "hidden: z = x·W + b" in str(explain(model, X, Y, layer=layer))


def test_an_experiment_is_a_page_with_headings_and_keeps_its_columns() -> None:
    page = experiments.perceptron()._repr_html_()
    assert "<h4" in page
    assert "Logic gates: weights by hand</h4>" in page
    assert "white-space:pre-wrap" in page
    assert "sausage and bun  1·3 + 1·2 + 0·6 = 5 &gt; 4 → 1" in page


def test_a_stop_of_the_stepper_draws_no_matrix_around_a_single_number() -> None:
    model, _ = trained()
    gear = Stepper(model, X, Y, batch_size=10)
    stop = gear.step("operation")
    while stop.kind != "loss":
        stop = gear.step("operation")
    assert "out: loss = " in str(stop)
    assert "()" not in str(stop)
    assert str(gear.step("batch")).count("\n") == 0


def test_at_a_terminal_a_wide_table_goes_on_below(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = Sequential([Input((12,)), layers.Dense(12, name="hidden")])
    shown = explain(wide, RNG.normal(size=(3, 12)), layer="hidden")
    assert max(map(len, str(shown).splitlines())) > 100  # into a file, as it is
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    lines = str(shown).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.split()[:1] == ["11"] for line in lines) >= 2  # each part begins with the names of the rows
