"""Patience: when a finding is said aloud. Not at once, not twice, and again only after it had gone."""

from collections.abc import Iterable, Mapping

from .finding import GRADES, Finding


class Patience:
    """Hears the findings of check after check, and lets through those that last.

    A finding is known by its check and its layer. After the warm-up it must come in several checks in a row; then it
    is said once, and once more if it gets graver. After enough checks without it, it may be said anew.

    >>> from .finding import Fix
    >>> found = Finding("dead", "warning", "Half are dead.", "The rate.", Fix("Lower it."))
    >>> patience = Patience({"warm_up": 1, "in_a_row": 2, "clear_again": 3})
    >>> [len(patience.hear([found])) for _ in range(5)]
    [0, 0, 1, 0, 0]
    """

    def __init__(self, limits: Mapping[str, float]) -> None:
        self.limits = limits
        self.checks = 0
        self._streak: dict[tuple[str, str | None], int] = {}
        self._clear: dict[tuple[str, str | None], int] = {}
        self._said: dict[tuple[str, str | None], str] = {}

    @property
    def warms_up(self) -> bool:
        """Whether nothing of the next check is going to be said."""
        return self.checks < self.limits["warm_up"]

    def hear(self, found: Iterable[Finding]) -> list[Finding]:
        """What of one check's findings is to be said now."""
        self.checks += 1
        if self.checks <= self.limits["warm_up"]:
            return []
        present = {(finding.check, finding.layer): finding for finding in found}
        for key in [*self._streak]:
            if key not in present:
                del self._streak[key]
        for key in [*self._said]:
            self._clear[key] = 0 if key in present else self._clear.get(key, 0) + 1
            if self._clear[key] >= self.limits["clear_again"]:
                del self._said[key], self._clear[key]
        return [finding for key, finding in present.items() if self._lasts(key, finding)]

    def _lasts(self, key: tuple[str, str | None], finding: Finding) -> bool:
        self._streak[key] = self._streak.get(key, 0) + 1
        if self._streak[key] < self.limits["in_a_row"]:
            return False
        before = self._said.get(key)
        if before is not None and GRADES.index(finding.grade) <= GRADES.index(before):
            return False
        self._said[key] = finding.grade
        return True
