"""Finding: what the doctor says about a network, with the number that made it speak and one thing to do about it.

hint      worth knowing; healthy networks have it, too
notice    the beginning of something
warning   most likely wrong
severe    wrong
error     learning cannot work like this
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..blocks import Block, Shown, number

GRADES = ("hint", "notice", "warning", "severe", "error")
WORDS = {
    "initial_loss": "a high loss at the start", "not_falling": "a loss that does not fall",
    "oscillating": "a loss that jumps", "runaway": "a loss that runs away", "not_finite": "a loss that is no number",
    "too_fast": "steps as large as the weights", "standing_still": "weights that do not move",
    "vanishing": "weak gradients", "exploding": "sudden large gradients", "dead": "units that never fire",
    "saturation": "saturated units", "activation_scale": "sums of an odd size", "duplicates": "units that are copies",
    "few_steps": "few steps", "overfitting": "a validation loss that rises",
    "not_generalising": "a validation loss that never gets good", "too_good": "a validation loss close to 0",
    "no_better_than_constant": "answers no better than a constant one", "one_answer": "one answer to everything",
}  # fmt: skip
"""What follows from other mistakes, by name of check, in a learner's words."""


@dataclass(frozen=True)
class Fix:
    """One thing to do.

    words      for people
    kind       what `try_it` would change: "rate", "clipnorm", "scale", "fresh", "activation", "output", "loss", "stop"
               (the number of epochs), or "" where only a person can
    settings   of that change
    """

    words: str
    kind: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Finding(Shown):
    """What is wrong, where, and how the doctor knows.

    check       its name in the table of thresholds: "saturation"
    grade       one of GRADES
    what        a sentence with the evidence
    cause       the likeliest one
    fix         what to do
    layer       where; None for the network, or the data, as a whole
    units       which units of the layer; of the data, which samples or columns
    step        updates made before it was found; None before training
    value       the number that was measured
    threshold   what it was measured against
    view        what shows it: the name of a function of `pellucid.inside` or `pellucid.plots`
    numbers     the network's numbers at that moment, for `try_it`
    leads_to    findings that this one explains (see roots.py)

    >>> print(Finding("labels", "error", "All targets are 1.", "A filter kept one class.", Fix("Look at y.")))
    error: All targets are 1.
        cause: A filter kept one class.
        fix: Look at y.
    """

    check: str
    grade: str
    what: str
    cause: str
    fix: Fix
    layer: str | None = None
    units: tuple[int, ...] = ()
    step: int | None = None
    value: float | None = None
    threshold: float | None = None
    view: str = ""
    numbers: Any = field(default=None, repr=False, compare=False)
    leads_to: tuple["Finding", ...] = field(default=(), repr=False, compare=False)

    @property
    def alarm(self) -> bool:
        """Whether it is a warning or worse."""
        return GRADES.index(self.grade) >= GRADES.index("warning")

    @property
    def where(self) -> str:
        """The layer, its units and the step in words; "" for none."""
        parts = [] if self.layer is None else [f"layer {self.layer!r}"]
        if self.units and self.layer is not None:
            shown = ", ".join(map(str, self.units[:6]))
            parts.append(f"units {shown}" + (f" and {len(self.units) - 6} more" if len(self.units) > 6 else ""))
        return ", ".join([*parts, *([] if self.step is None else [f"step {self.step}"])])

    @property
    def evidence(self) -> str:
        """The number against its threshold; "" without."""
        if self.value is None:
            return ""
        return number(self.value) + ("" if self.threshold is None else f" (threshold {number(self.threshold)})")

    @property
    def advice(self) -> str:
        """What to do, in words."""
        return self.fix.words

    @property
    def explains(self) -> str:
        """What it leads to, in words; "" for nothing."""
        layers: dict[str, list[str]] = {}
        for one in self.leads_to:
            if one.grade == "hint":
                continue
            named = layers.setdefault(WORDS.get(one.check, one.check.replace("_", " ")), [])
            if one.layer is not None and one.layer not in named:
                named.append(one.layer)
        return "; ".join(
            words + (f" ({', '.join(map(repr, names[:3]))}{' …' * (len(names) > 3)})" if names else "")
            for words, names in layers.items()
        )

    def blocks(self) -> list[Block]:
        """One line each: what, where, the cause, the fix, what it explains, what shows it."""
        said = (
            ("where", self.where), ("cause", self.cause), ("fix", self.fix.words), ("explains", self.explains),
            ("look at", self.view),
        )  # fmt: skip
        return [f"{self.grade}: {self.what}", *(f"    {name}: {text}" for name, text in said if text)]


def by_gravity(findings: list[Finding]) -> list[Finding]:
    """The gravest first; equals in the order in which they were found."""
    return sorted(findings, key=lambda finding: -GRADES.index(finding.grade))
