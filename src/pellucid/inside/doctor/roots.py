"""Roots: one mistake sets off many checks. The finding that explains the others comes first, and they fold into it."""

from collections.abc import Iterable
from dataclasses import replace

from .finding import GRADES, Finding

_LEARNING = frozenset({
    "initial_loss", "not_falling", "oscillating", "runaway", "not_finite", "too_fast", "standing_still", "vanishing",
    "exploding", "dead", "saturation", "activation_scale", "duplicates", "few_steps", "no_better_than_constant",
    "one_answer", "rate too high", "rate too low",
})  # fmt: skip
_FAR = frozenset({"overfitting", "not_generalising", "too_good", "no_better_than_constant", "one_answer"})

EXPLAINS: dict[str, frozenset[str]] = {
    "data": _LEARNING | _FAR,
    "targets_constant": _LEARNING | _FAR,
    "inputs_constant": _LEARNING | _FAR,
    "batch_of_one": _LEARNING | _FAR,
    "frozen": _LEARNING | _FAR,
    "output_fits_loss": _LEARNING | _FAR,
    "loss_sign": _LEARNING | _FAR,
    "class_numbers": _LEARNING | _FAR,
    "inputs_scaled": _LEARNING | _FAR,
    "targets_scaled": _LEARNING | _FAR,
    "penalty": _LEARNING,
    "dropout": _LEARNING,
    "validation_differs": _FAR,
    "duplicates_across": frozenset({"too_good"}),
    "leak": frozenset({"too_good"}),
    "exchanged_axes": _FAR | {"not_falling"},
    "initialisation": _LEARNING - {"few_steps"},
    "bottleneck": _LEARNING - {"rate too high", "rate too low"},
    "linear": frozenset({"not_falling"}),
    "rate too high": _LEARNING - {"rate too low"},
    "dead": frozenset({"vanishing", "standing_still", "not_falling", "duplicates", "one_answer",
                       "no_better_than_constant"}),
    "saturation": frozenset({"vanishing", "standing_still", "not_falling", "one_answer", "no_better_than_constant"}),
    "vanishing": frozenset({"standing_still", "not_falling", "dead", "one_answer", "no_better_than_constant"}),
    "rate too low": frozenset({"standing_still", "not_falling", "one_answer", "no_better_than_constant", "few_steps"}),
    "few_steps": frozenset({"not_falling", "one_answer", "no_better_than_constant"}),
    "class_balance": frozenset({"one_answer"}),
    "not_falling": frozenset({"overfitting", "not_generalising", "one_answer", "no_better_than_constant", "few_steps"}),
    "not_generalising": frozenset({"overfitting", "no_better_than_constant"}),
}  # fmt: skip
"""What each kind of finding explains; the kinds in the order in which they are looked at."""


def kind(finding: Finding) -> str:
    """The check, or for findings whose cause is the learning rate, that."""
    if finding.fix.kind == "rate":
        return "rate too high" if finding.fix.settings["factor"] < 1 else "rate too low"
    return finding.check


def explains(root: Finding, other: Finding) -> bool:
    """Whether the one finding makes the other no news."""
    if not root.alarm:
        return False
    same = root.check == other.check and other.layer is not None
    return same or bool({other.check, kind(other)} & EXPLAINS.get(kind(root), frozenset()))


def folded(found: Iterable[Finding]) -> list[Finding]:
    """The roots, the gravest first, each with the findings that it explains in `leads_to`.

    >>> from .finding import Fix
    >>> bytes_in = Finding("inputs_scaled", "warning", "Up to 255.", "Not scaled.", Fix("Divide by 255.", "scale"))
    >>> flat = Finding("saturation", "severe", "All flat.", "Sums far from 0.", Fix("Scale."), layer="dense")
    >>> [root] = folded([flat, bytes_in])
    >>> root.check, root.explains
    ('inputs_scaled', "saturated units ('dense')")
    """
    order = list(EXPLAINS)
    ranked = sorted(
        found,
        key=lambda one: (
            order.index(kind(one)) if kind(one) in EXPLAINS and one.alarm else len(order),
            -GRADES.index(one.grade),
        ),
    )
    roots: list[Finding] = []
    follow: list[list[Finding]] = []
    for one in ranked:
        place = next((i for i, root in enumerate(roots) if explains(root, one)), None)
        if place is None:
            roots.append(one)
            follow.append([])
        else:
            follow[place].append(one)
    made = [replace(root, leads_to=tuple(others)) for root, others in zip(roots, follow, strict=True)]
    return sorted(made, key=lambda root: -_gravest(root))


def _gravest(root: Finding) -> int:
    return max(GRADES.index(one.grade) for one in (root, *root.leads_to))
