"""Constraints in one word, as Keras 1 and 2 had them too."""

from ...constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm

maxnorm = max_norm = MaxNorm
nonneg = non_neg = NonNeg
unitnorm = unit_norm = UnitNorm
min_max_norm = MinMaxNorm

__all__ = ["max_norm", "maxnorm", "min_max_norm", "non_neg", "nonneg", "unit_norm", "unitnorm"]
