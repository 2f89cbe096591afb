"""Pictures of networks and of their learning, drawn with matplotlib: `pip install 'pellucid[plots]'`.

Each `draw_…` draws into matplotlib axes that it is given; each `…_picture` makes a whole figure.
"""

from .curves import draw_curves
from .predictions import draw_predictions
from .training_picture import training_picture
from .weights import draw_weights

__all__ = ["draw_curves", "draw_predictions", "draw_weights", "training_picture"]
