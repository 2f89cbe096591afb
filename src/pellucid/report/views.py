"""The table of views, in the order of the report. To add one, write its function and give it a line here."""

from . import common_views as common
from . import image_views as images
from .view import View

VIEWS = (
    View("layers", "The network", "Its layers and their parameters.", common.layers_view),
    View("journey", "From the input to the answer", "What every layer makes of one image.", images.journey_view),
    View("graph", "Units and weights", "One sample's way through the strongest weights.", common.graph_view),
    View("weights", "First weights", "What each unit of the first layer looks for.", common.weights_view),
    View(
        "kernels", "Kernels", "What convolutions look for, and what the loss would have of them.", images.kernels_view
    ),
    View("maps", "Feature maps", "Where in the image it was found.", images.feature_maps_view),
    View("fields", "Receptive fields", "What a unit can see of the image.", images.fields_view),
    View("seeing", "What units see", "The images that excite them, found and made.", images.seeing_view),
    View("recurrent", "Through time", "Gates, states and gradients, step by step.", images.recurrent_view),
    View("curves", "Learning curves", "Loss and metrics, epoch by epoch.", common.curves_view),
    View(
        "activations", "Activations", "Where the sums of each layer lie on its activation function.", common.sums_view
    ),
    View("saturation", "Saturation over time", "Units that no longer learn.", common.saturation_over_time_view),
    View(
        "speed",
        "Learning speed",
        "How strongly each layer is told to change, and how much it does.",
        common.learning_speed_view,
    ),
    View("surface", "Loss surface", "The loss around the weights.", common.surface_view),
    View("representation", "Representation", "Where each layer puts the samples.", common.representation_view),
    View(
        "features", "Engineered and learned features", "What a straight cut gets right with each.", common.features_view
    ),
    View("grid", "Grid warp", "What layers of two units do to the plane.", common.grid_warp_view),
    View("confusion", "Confusion", "What was taken for what.", common.confusion_view),
    View("hardest", "Hardest samples", "Those with the highest loss.", common.hardest_view),
    View("duplicates", "Duplicates", "Samples that are in the training and in the test data.", common.duplicates_view),
)
