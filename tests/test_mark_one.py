"""The Mark I reads letters: what is wired, what is learned, and what is said of it."""

import numpy as np
import pytest

from pellucid.inside.letters import FACES, LETTERS, alphabet, retina
from pellucid.inside.mark_one import CODES, MarkOne, teach_letters
from pellucid.plots import mark_one_picture


def test_each_photocell_has_forty_wires_at_most_and_half_of_them_subtract() -> None:
    wires = MarkOne().wires
    assert wires.shape == (400, 512)
    assert (np.abs(wires).sum(axis=1) <= 40).all()
    assert abs(wires.sum()) < 0.02 * 400 * 40


def test_codes_of_letters_differ_in_two_responses_at_least() -> None:
    apart = (CODES[:, None] != CODES[None]).sum(axis=2)
    assert apart[~np.eye(26, dtype=bool)].min() >= 2
    assert CODES.shape == (26, 8)


def test_a_wrong_response_moves_the_weights_of_the_units_that_fired_and_no_others() -> None:
    machine, image = MarkOne(), retina(alphabet("sans")[0])
    fired = machine.associate(image).astype(bool)
    assert not machine.learn(image, "A")
    code = CODES[0].astype(bool)  # all responses were 0: those that should be 1 were wrong
    assert (machine.weights[fired][:, code] == 1).all()
    assert not machine.weights[~fired].any()
    assert not machine.weights[:, ~code].any()
    assert machine.read(image) == "A"


def test_letters_of_a_typeface_differ_and_fit_the_photocells() -> None:
    for face in FACES:
        images = [retina(ink) for ink in alphabet(face)]
        assert len({image.tobytes() for image in images}) == len(LETTERS)


@pytest.mark.parametrize("seed", range(5))
def test_one_typeface_is_learned_without_error_and_another_is_not_read_unseen(seed: int) -> None:
    reading = teach_letters(seed=seed)
    assert reading.learned is not None
    assert reading.learned <= 15
    assert reading.other < 0.5
    assert reading.after == 1.0


def test_letters_that_move_are_harder() -> None:
    still, moving = teach_letters(rounds=10), teach_letters(rounds=10, shift=1)
    assert moving.alone[-1] < still.alone[-1]
    assert moving.learned is None
    assert "sans: not learned without error" in str(moving)


def test_the_picture_shows_the_letters_of_each_face() -> None:
    figure = mark_one_picture(teach_letters(("sans", "serif", "roman"), rounds=3))
    texts = " ".join(text.get_text() for axes in figure.axes for text in axes.texts)
    assert all(face in texts for face in ("sans", "serif", "roman"))


@pytest.mark.parametrize(
    ("faces", "settings", "message"),
    [
        (("sans",), {}, "two typefaces"),
        (("sans", "gothic"), {}, "no typeface 'gothic'"),
        (("sans", "serif"), {"shift": -1}, "shift"),
    ],
)
def test_what_cannot_be_taught_is_said(faces: tuple[str, ...], settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        teach_letters(faces, **settings)
