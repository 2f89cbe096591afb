"""Losses by their short names, as Keras 1 and 2 had them as functions, too."""

from ... import losses
from ...losses import cosine_similarity
from ..table import words

_SHORT = words(
    "mse MSE mae MAE mape MAPE msle MSLE kld KLD kl_divergence kullback_leibler_divergence bce BCE logcosh log_cosh"
)
globals().update({name: losses.get(name) for name in _SHORT})
cosine_proximity = cosine = cosine_similarity

__all__ = ["cosine", "cosine_proximity", *_SHORT]
