"""Pictures of networks and of their learning, drawn with matplotlib: `pip install 'pellucid[plots]'`.

Each `draw_…` draws into matplotlib axes that it is given; each `…_picture` makes a whole figure.
"""

from .activations import activations_picture, draw_activation, softmax_picture, sums_picture
from .approximation import approximation_picture, line_picture
from .bands import Band, bands_picture
from .capacity import capacity_picture
from .comparison import comparison_picture
from .convolution import convolution_picture, convolution_steps
from .costs import costs_picture
from .curves import draw_curves
from .feature_maps import feature_maps_picture
from .film import film_figures, save_film
from .gradient_check import gradient_check_picture
from .grid_warp import grid_warp_picture
from .initialization import signals_picture, starts_picture
from .journey import journey_picture
from .kernels import kernels_picture
from .learning_curves import learning_curves_picture
from .learning_speed import learning_speed_picture
from .lines import lines_picture
from .loss_surface import draw_contours, draw_landscape, surface_picture
from .mark_one import mark_one_picture
from .network import network_picture
from .neuron import small_network_picture
from .perceptron import perceptron_picture
from .predictions import draw_predictions
from .receptive_field import receptive_field_picture
from .recurrent import gradient_through_time_picture, recurrent_picture
from .representation import features_picture, representation_history_picture, representation_picture
from .samples import confusion_picture, hardest_picture
from .saturation import saturation_picture
from .seeing import maximised_picture, saliency_picture, strongest_picture
from .training_picture import training_picture
from .training_process import line_fit_picture
from .weights import draw_weights

__all__ = [
    "Band",
    "activations_picture",
    "approximation_picture",
    "bands_picture",
    "capacity_picture",
    "comparison_picture",
    "confusion_picture",
    "convolution_picture",
    "convolution_steps",
    "costs_picture",
    "draw_activation",
    "draw_contours",
    "draw_curves",
    "draw_landscape",
    "draw_predictions",
    "draw_weights",
    "feature_maps_picture",
    "features_picture",
    "film_figures",
    "gradient_check_picture",
    "gradient_through_time_picture",
    "grid_warp_picture",
    "hardest_picture",
    "journey_picture",
    "kernels_picture",
    "learning_curves_picture",
    "learning_speed_picture",
    "line_fit_picture",
    "line_picture",
    "lines_picture",
    "mark_one_picture",
    "maximised_picture",
    "network_picture",
    "perceptron_picture",
    "receptive_field_picture",
    "recurrent_picture",
    "representation_history_picture",
    "representation_picture",
    "saliency_picture",
    "saturation_picture",
    "save_film",
    "signals_picture",
    "small_network_picture",
    "softmax_picture",
    "starts_picture",
    "strongest_picture",
    "sums_picture",
    "surface_picture",
    "training_picture",
]
