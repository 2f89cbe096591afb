"""One mistake, one finding: what follows from it is folded into it, and not said again."""

import re
from pathlib import Path

import numpy as np
import pytest

import pellucid.inside
import pellucid.plots
from pellucid import Sequential, layers, optimizers
from pellucid.inside import doctor as doctor_package
from pellucid.inside.doctor import Doctor, Finding, Fix, folded
from pellucid.inside.doctor.roots import EXPLAINS
from pellucid.random import set_random_seed

X = np.random.default_rng(0).normal(size=(320, 8)).astype("float32")
LABELS = (X[:, 0] > 0).astype("int64") + (X[:, 1] > 0)

FAST = Fix("Lower the learning rate.", "rate", {"factor": 0.1})
PERSON = Fix("Look.")


def finding(check: str, grade: str = "warning", layer: str | None = None, fix: Fix = PERSON) -> Finding:
    return Finding(check, grade, "", "", fix, layer=layer)


def test_what_unscaled_inputs_lead_to_is_folded_into_them() -> None:
    found = [
        finding("saturation", "severe", "a"), finding("not_falling", fix=FAST), finding("inputs_scaled"),
        finding("class_balance"),
    ]  # fmt: skip
    first, second = folded(found)
    assert (first.check, second.check) == ("inputs_scaled", "class_balance")
    assert {one.check for one in first.leads_to} == {"saturation", "not_falling"}
    assert first.explains == "a loss that does not fall; saturated units ('a')"
    assert second.leads_to == ()


def test_a_rate_too_high_explains_what_it_killed() -> None:
    found = [finding("standing_still", "error", "a"), finding("dead", "severe", "a"), finding("dead", "severe", "b"),
             finding("not_falling", fix=FAST), finding("oscillating", fix=FAST)]  # fmt: skip
    (root,) = folded(found)
    assert root.fix is FAST
    assert len(root.leads_to) == 4


def test_findings_that_have_nothing_to_do_with_each_other_stay_apart() -> None:
    found = [finding("class_balance"), finding("duplicates_across"), finding("linear")]
    assert {one.check for one in folded(found)} == {one.check for one in found}


def test_hints_and_notices_explain_nothing() -> None:
    assert len(folded([finding("inputs_scaled", "hint"), finding("saturation", "severe")])) == 2


@pytest.mark.parametrize("check", EXPLAINS)
def test_no_two_kinds_explain_each_other_so_that_neither_is_said(check: str) -> None:
    later = list(EXPLAINS)[list(EXPLAINS).index(check) + 1 :]
    assert len(folded([finding(check), *(finding(other) for other in later)])) >= 1
    assert folded([finding(check)])[0].check == check


def test_a_consequence_is_kept_but_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    set_random_seed(0)
    model = Sequential([layers.Input((8,)), layers.Dense(16, "relu"), layers.Dense(3, "softmax")])
    model.compile(optimizers.Adam(3.0), "sparse_categorical_crossentropy")
    doctor = Doctor(every=1, verbose=1)
    model.fit(X, LABELS, epochs=6, verbose=0, callbacks=[doctor])
    assert len(doctor.findings) > 1
    (root,) = [one for one in doctor.diagnosis if one.alarm]
    assert "learning rate" in root.fix.words
    assert capsys.readouterr().out.count("cause:") == 1


def test_every_view_that_findings_name_exists() -> None:
    views = set(pellucid.inside.__all__) | set(pellucid.plots.__all__)
    modules = Path(str(doctor_package.__file__)).parent.glob("*.py")
    named = {view for path in modules for view in re.findall(r'view="(\w+)"', path.read_text())}
    assert len(named) > 5
    assert named <= views
