"""Pictures of networks and of their learning, drawn with matplotlib: `pip install 'pellucid[plots]'`.

Each `draw_…` draws into matplotlib axes that it is given; each `…_picture` makes a whole figure.
"""

from .activations import activations_picture, draw_activation, sums_picture
from .capacity import capacity_picture
from .curves import draw_curves
from .grid_warp import grid_warp_picture
from .learning_curves import learning_curves_picture
from .learning_speed import learning_speed_picture
from .loss_surface import draw_contours, draw_landscape, surface_picture
from .network import network_picture
from .predictions import draw_predictions
from .representation import features_picture, representation_history_picture, representation_picture
from .samples import confusion_picture, hardest_picture
from .saturation import saturation_picture
from .training_picture import training_picture
from .weights import draw_weights

__all__ = [
    "activations_picture",
    "capacity_picture",
    "confusion_picture",
    "draw_activation",
    "draw_contours",
    "draw_curves",
    "draw_landscape",
    "draw_predictions",
    "draw_weights",
    "features_picture",
    "grid_warp_picture",
    "hardest_picture",
    "learning_curves_picture",
    "learning_speed_picture",
    "network_picture",
    "representation_history_picture",
    "representation_picture",
    "saturation_picture",
    "sums_picture",
    "surface_picture",
    "training_picture",
]
