"""All thresholds of the doctor, in one table: name, default, what it decides, and where the default comes from.

    >>> limits({"saturation_share": 0.8})["saturation_share"]
    0.8

"our calibration" means: chosen such that the runs of benchmarks/doctor_calibration.py come out right.
"""

import difflib
from collections.abc import Mapping
from typing import NamedTuple

CS231N = "cs231n, Neural networks 3"
OURS = "our calibration"


class Threshold(NamedTuple):
    """One line of the table."""

    name: str
    value: float
    decides: str
    source: str


TABLE = (
    # Before training
    Threshold("input_largest", 10, "warning: an input is larger than this ...", "UMLAUT; TheDeepChecker"),
    Threshold("input_usual", 3, "... and their root mean square than this (a rare one may be)", OURS),
    Threshold("input_std_low", 0.1, "warning: the inputs hardly differ (0/1 data excepted: ours)", "TheDeepChecker"),
    Threshold("input_std_high", 10, "warning: the inputs differ too much", "TheDeepChecker"),
    Threshold("input_range", 1, "hint: an input is outside [-1, 1]", "UMLAUT"),
    Threshold("target_std", 100, "warning: targets of a regression vary by more than this", OURS),
    Threshold("initial_loss_notice", 2.5, "notice: first loss over an undecided answer's (tiny nets pass 1.5)", OURS),
    Threshold("initial_loss_high", 5, "warning: the same", OURS),
    Threshold("initial_loss_low", 0.5, "notice: first loss under an undecided answer's", CS231N),
    Threshold(
        "variance_low", 0.5, "warning: a kernel's variance under the least of Glorot, He, LeCun", "He et al. 2015"
    ),
    Threshold("variance_high", 2.0, "warning: a kernel's variance over the largest of them", "He et al. 2015"),
    Threshold(
        "recurrent_growth", 1.5, "warning: the largest eigenvalue of recurrent weights", "Pascanu et al. 2013: 1"
    ),
    Threshold("imbalance", 10, "warning: samples of the largest class over those of the smallest", OURS),
    Threshold("duplicates_share", 0.05, "warning: share of the validation samples that are training samples", OURS),
    Threshold("leak", 0.9999, "warning: correlation of a column with the target", OURS),
    Threshold("leak_alone", 0.99, "the same, for two classes that no other column tells apart", OURS),
    Threshold("leak_others", 0.9, "... whose correlations are below this", OURS),
    Threshold("series_leap", 2, "warning: steps where series lie end to end, over those elsewhere", OURS),
    Threshold("validation_scale", 4, "warning: spread of the validation inputs over the training's, or under", OURS),
    Threshold("validation_shift", 3.5, "warning: distance of their means, in standard deviations", OURS),
    Threshold("validation_classes", 0.6, "warning: difference of the classes' shares, of at most 1", OURS),
    Threshold("dropout", 0.75, "warning: share of the inputs that a layer drops", "Srivastava et al. 2014: up to 0.5"),
    Threshold("penalty", 10, "warning: what regularizers add, over a constant answer's loss", OURS),
    Threshold("small_batch", 16, "samples of the batch that a network must be able to learn by heart", CS231N),
    Threshold("small_batch_loss", 0.1, "of the first loss: below it, the batch has been learned", OURS),
    # Speaking
    Threshold("warm_up", 5, "checks before the first that counts", OURS),
    Threshold("in_a_row", 3, "checks that must agree before the doctor speaks", OURS),
    Threshold("clear_again", 9, "checks without it, after which it may be said again", OURS),
    # The loss
    Threshold("learned", 0.1, "of a constant answer's loss: below it, inner flaws are no alarm any more", OURS),
    Threshold("patience", 0.25, "of the planned steps: before, a loss may stand still", OURS),
    Threshold("not_falling", 0.95, "warning: loss over the best constant answer's, or over the first", OURS),
    Threshold("surely", 4, "standard errors by which a loss must fall to count as falling slowly", OURS),
    Threshold("not_generalising", 0.95, "warning: the best validation loss over a constant answer's ...", OURS),
    Threshold("not_generalising_training", 0.85, "... while the training loss is under this share of it", OURS),
    Threshold("hardly_learned", 0.98, "the same for training over half its steps, where validation learned ...", OURS),
    Threshold("nothing_learned", 0.995, "... nothing at all: its best loss is over this share", OURS),
    Threshold("lost_training", 0.95, "the same for training over half its steps, where the validation loss ...", OURS),
    Threshold("lost_again", 0.04, "... is above not_generalising by this, too, whatever its best was", OURS),
    Threshold("settled", 3, "times 1 / (1 - momentum) steps, after which a BatchNormalization's averages hold", OURS),
    Threshold("few_steps", 200, "warning: steps of a whole training with large batches ...", OURS),
    Threshold("few_steps_loss", 0.7, "... whose loss is still over this share of a constant answer's", OURS),
    Threshold("oscillating", 0.25, "warning: the loss's ups and downs over the loss itself", OURS),
    Threshold(
        "still_better", 0.85, "... unless the training loss is under this share of what it was 6 checks ago", OURS
    ),
    Threshold(
        "oscillating_floor", 0.3, "of a constant answer's loss: ups and downs are held against this at least", OURS
    ),
    Threshold("runaway", 10, "severe: the loss over what it was at first", OURS),
    Threshold("ratio_low", 1e-4, "update/weights of a loss that stands still, below which the rate is too low", CS231N),
    Threshold(
        "ratio_high", 3e-2, "update/weights of one that stands still or jumps, above which it is too high", CS231N
    ),
    Threshold("ratio_error", 0.3, "error: update/weights, whatever the loss does", CS231N),
    Threshold("first_step", 1, "error: update/weights of the first step", OURS),
    Threshold("never_left", 0.01, "warning: all steps of a loss that stands still, over the weights", OURS),
    Threshold("travelled", 1, "warning: steps times update/weights of a training that got nowhere ...", OURS),
    Threshold("ratio_usual", 1e-3, "... half of that, where update/weights is above this", CS231N),
    Threshold("overfit_validation", 1.15, "warning: validation loss over its best ...", OURS),
    Threshold(
        "overfit_rise", 0.05, "... that is more, by this share of a constant answer's (less is chance) ...", OURS
    ),
    Threshold("overfit_training", 0.9, "... while the training loss is under this share of its value then", OURS),
    Threshold("overfit_gap", 0.6, "the same: of a constant answer's loss, with training below `learned`", OURS),
    Threshold(
        "too_good", 0.01, "hint: validation loss under this share of a constant answer's, in the first epoch", OURS
    ),
    # Layer by layer
    Threshold("vanishing_notice", 10, "last layer's gradient over the first's", OURS),
    Threshold("vanishing_warning", 50, "the same: a sigmoid net of four hidden layers has 96", OURS),
    Threshold("vanishing_severe", 1000, "the same", "AUTOTRAINER"),
    Threshold("exploding", 10, "severe: a gradient over the layer's own running median", OURS),
    Threshold("saturation_flat", 0.05, "of the largest f'(z): below it, a unit is flat", OURS),
    Threshold("saturation_share", 0.9, "of the samples: flat on more of them, a unit is saturated", OURS),
    Threshold("units_notice", 0.1, "of a layer's units dead, saturated or duplicate", OURS),
    Threshold("units_warning", 0.5, "the same (healthy small relu layers reach 0.4)", OURS),
    Threshold("dead_harms", 0.8, "of a constant answer's loss: dead units are a warning above it only", OURS),
    Threshold("units_severe", 0.8, "the same", OURS),
    Threshold("activation_low", 0.5, "hint: standard deviation of a hidden layer's sums", "Glorot & Bengio 2010"),
    Threshold("activation_high", 2.0, "hint: the same", "Glorot & Bengio 2010"),
    Threshold("duplicate", 0.99, "cosine of two units' weights above which they are one", OURS),
    # After training
    Threshold("one_answer", 0.95, "warning: share of the samples that get the same answer", OURS),
    Threshold("still_falling", 0.1, "hint: what the loss fell by in the last quarter", OURS),
    # The learning-rate finder
    Threshold("finder_low", 1e-7, "the first rate", "Smith 2017"),
    Threshold("finder_high", 10, "the last rate", "Smith 2017"),
    Threshold("finder_steps", 100, "steps between them", "Smith 2017"),
    Threshold("finder_stop", 4, "times the best loss: the search ends", "fastai"),
)


def limits(changes: Mapping[str, float] | None = None) -> dict[str, float]:
    """The thresholds by name, some of them changed.

    >>> limits({"vanish": 1})
    Traceback (most recent call last):
    ValueError: Doctor: there is no threshold 'vanish'. Did you mean 'vanishing_severe'?
    """
    found = {line.name: line.value for line in TABLE}
    for name, value in (changes or {}).items():
        if name not in found:
            near = difflib.get_close_matches(name, found, 1, 0.4)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"Doctor: there is no threshold {name!r}.{hint}")
        if not value > 0:
            raise ValueError(f"Doctor: threshold {name} must be above 0, got {value!r}.")
        found[name] = value
    return found


def grade(share: float, limits: Mapping[str, float], kind: str) -> str:
    """ "severe", "warning", "notice" or "": the highest of the three thresholds `kind_…` that is reached."""
    return next((name for name in ("severe", "warning", "notice") if share >= limits[f"{kind}_{name}"]), "")
