"""The Mark I Perceptron of 1960: 400 photocells, 512 association units, 8 responses, learning to read letters.

    photocells    20 × 20, 1 in the light and 0 in the dark
    association   each photocell is wired to 40 units chosen at random, half of the wires adding and half subtracting;
                  a unit fires if what arrives is more than 0. These wires never change.
    responses     each adds up the units that fire by weights of its own, the machine's motor-driven potentiometers,
                  and says 1 if the sum is above 0, else 0
    learning      a response that is wrong moves the weights of the units that fired by 1, towards the right answer

Each letter has a code of 8 responses: its number in five, and three checks. The machine has read a letter when all
eight are right.

Sources: Rosenblatt, "Principles of Neurodynamics" (1961), part II; Hay, Lynch & Smith, "Mark I Perceptron operators'
manual", Cornell Aeronautical Laboratory VG-1196-G-5 (1960), for the numbers of units and wires.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..errors import positive_int
from ..random import generator, key
from .blocks import Block, Shown, Table
from .letters import LETTERS, SIDE, alphabet, retina

ASSOCIATION, RESPONSES, WIRES = 512, 8, 40
PHOTO = 0.85  # letters read right, with more than one typeface, by the caption of the machine's photograph


class MarkOne:
    """The machine: its wires, and the weights that it learns.

    Args:
        seed: another number, another machine: the wires are drawn from it.

    Attributes:
        wires: (400, 512) what a unit receives from a photocell in the light
        weights: (512, 8)

    >>> machine = MarkOne()
    >>> int(np.abs(machine.wires).sum(axis=1).max()) <= 40
    True
    """

    def __init__(self, seed: int = 0) -> None:
        draw = generator(key(seed))
        self.wires = np.zeros((SIDE * SIDE, ASSOCIATION))
        for cell in range(SIDE * SIDE):
            units, signs = draw.integers(0, ASSOCIATION, WIRES), draw.choice((1.0, -1.0), WIRES)
            np.add.at(self.wires[cell], units, signs)
        self.weights = np.zeros((ASSOCIATION, RESPONSES))

    def associate(self, image: Array) -> Array:
        """Which units fire, 1 or 0 (512,), for an image (20, 20)."""
        return (np.ravel(image) @ self.wires > 0).astype(float)

    def respond(self, image: Array) -> Array:
        """The responses, 1 or 0 (8,)."""
        return (self.associate(image) @ self.weights > 0).astype(int)

    def read(self, image: Array) -> str:
        """The letter of which all eight responses are right; "" for none."""
        same = (self.respond(image) == CODES).all(axis=1)
        return LETTERS[int(same.argmax())] if same.any() else ""

    def learn(self, image: Array, letter: str) -> bool:
        """Show the machine one letter and tell it which; returns whether it had read it right."""
        wrong = CODES[LETTERS.index(letter)] - self.respond(image)
        self.weights += np.outer(self.associate(image), wrong)
        return not wrong.any()


def _code(number: int) -> list[int]:
    a, b, c, d, e = ((number >> place) & 1 for place in range(5))
    return [a, b, c, d, e, a ^ b ^ d, b ^ c ^ e, a ^ c ^ d ^ e]


CODES = np.array([_code(number) for number in range(1, len(LETTERS) + 1)])
"""(26, 8) the responses that stand for each letter."""


@dataclass(frozen=True, repr=False)
class Reading(Shown):
    """How a Mark I learned to read, first one typeface, then others beside it.

    faces       the typefaces; the first is learned alone
    shift       cells by which a letter may lie off the middle
    alone       (R,) share of letters read right in each round of 26 while the first was learned
    other       share of the other faces' letters read right when none had been shown yet
    together    (S,) share read right in each round of all faces' letters while they were learned
    after       share of all faces' letters read right in the end, nothing being learned
    by_face     the same for each face
    """

    faces: tuple[str, ...]
    shift: int
    alone: Array
    other: float
    together: Array
    after: float
    by_face: tuple[float, ...]
    machine: MarkOne

    @property
    def learned(self) -> int | None:
        """After how many rounds of the first typeface no letter was read wrong; None for never."""
        sound = np.flatnonzero(self.alone == 1)
        return int(sound[0]) if len(sound) and (self.alone[sound[0] :] == 1).all() else None

    def blocks(self) -> list[Block]:
        first, *others = self.faces
        when = (
            "not learned without error" if self.learned is None else f"read without error after {self.learned} rounds"
        )
        rows = tuple((face, f"{share:.0%}") for face, share in zip(self.faces, self.by_face, strict=True))
        where = (
            f"up to {self.shift} cell{'s' if self.shift > 1 else ''} off the middle" if self.shift else "in the middle"
        )
        more = ", ".join(others)
        return [
            f"400 photocells, {ASSOCIATION} association units, {RESPONSES} responses; every letter lies {where}.",
            f"{first}: {when} ({len(LETTERS)} letters a round).",
            f"{more}: {self.other:.0%} read right before any was shown.",
            f"{first} and {more}, {len(self.together)} rounds later: {self.after:.0%} read right. (The caption of the "
            f"machine's photograph of 1960: {PHOTO:.0%}.)",
            Table("Read right in the end", ("typeface", "letters"), rows),
        ]


def teach_letters(
    faces: Sequence[str] = ("sans", "serif"), *, shift: int = 0, rounds: int = 20, seed: int = 0
) -> Reading:
    """Teach a Mark I the letters of one typeface until `rounds` are over, then those of others beside them.

    faces     names of `letters.FACES`; the first is learned alone
    shift     cells by which a letter may lie off the middle, up and down, left and right
    rounds    how often each letter is shown, of one face and then of all
    seed      of the machine's wires and of the order of the letters
    """
    if len(faces) < 2:
        raise ValueError(f"teach_letters: needs two typefaces at least, got {list(faces)}.")
    positive_int(rounds, "rounds")
    if shift < 0:
        raise ValueError(f"shift must be at least 0 cells, got {shift!r}.")
    machine, draw = MarkOne(seed), generator(key(seed + 1))
    known = {face: alphabet(face) for face in faces}

    def show(shown: Sequence[str], learning: bool) -> float:
        """All letters of these faces once, in random order."""
        cards = [(face, number) for face in shown for number in range(len(LETTERS))]
        right = 0
        for place in draw.permutation(len(cards)):
            face, number = cards[place]
            image = retina(known[face][number], *draw.integers(-shift, shift + 1, 2))
            letter = LETTERS[number]
            right += machine.learn(image, letter) if learning else machine.read(image) == letter
        return right / len(cards)

    alone = np.array([show(faces[:1], True) for _ in range(rounds)])
    repeats = range(10 if shift else 1)  # letters that move are not the same twice
    other = float(np.mean([show(faces[1:], False) for _ in repeats]))
    together = np.array([show(faces, True) for _ in range(rounds)])
    by_face = tuple(float(np.mean([show([face], False) for _ in repeats])) for face in faces)
    return Reading(tuple(faces), shift, alone, other, together, float(np.mean(by_face)), by_face, machine)
