"""Which module of ours stands behind each module of Keras, in every spelling since 2015.

An entry's modules are searched in order. "@name" is a module of this package for what is old alone.
"""


def words(text: str) -> list[str]:
    """The words of a text, for tables of names."""
    return text.split()


LAYERS = ("@layers", "layers", "@merging")
MODELS = ("models", "@models", "@graph")
UTILS = ("utils", "@utils")
OPTIMIZERS = ("optimizers", "@optimizers")
IMAGE = ("preprocessing.image", "preprocessing", "@utils")

_OLD_LAYER_MODULES = words(
    "activation advanced_activations attention attentions convolutional convolutional_recurrent core "
    "cudnn_recurrent dense_attention embeddings experimental experimental.preprocessing kernelized local "
    "locally_connected merge merging multi_head_attention noise normalization normalization.batch_normalization "
    "normalization.layer_normalization normalization_v2 pooling preprocessing preprocessing.image_preprocessing "
    "recurrent recurrent_v2 regularization reshaping rnn rnn_cell_wrapper_v2 wrappers core.dense core.activation "
    "core.dropout core.embedding core.input_layer core.lambda_layer rnn.lstm rnn.gru rnn.simple_rnn "
    "rnn.bidirectional rnn.time_distributed reshaping.flatten reshaping.reshape regularization.dropout "
    "convolutional.conv2d convolutional.conv1d pooling.max_pooling2d"
)
_OLD_OPTIMIZER_MODULES = words(
    "adadelta adadelta_v2 adagrad adagrad_v2 adam adam_v2 adamax adamax_v2 adamw experimental ftrl "
    "gradient_descent gradient_descent_v2 legacy nadam nadam_v2 optimizer optimizer_v2 optimizer_experimental "
    "rmsprop rmsprop_v2 sgd"
)
_OLD_UTILS_MODULES = words(
    "all_utils conv_utils data_utils dataset_utils generic_utils image_dataset image_utils io_utils "
    "layer_utils losses_utils metrics_utils model_visualization multi_gpu_utils np_utils numerical_utils "
    "test_utils tf_utils timeseries_dataset training_utils vis_utils visualize_util"
)
_DATASETS = words("boston_housing california_housing cifar10 cifar100 fashion_mnist imdb mnist reuters")
_APPLICATIONS = words(
    "densenet efficientnet imagenet_utils inception_resnet_v2 inception_v3 mobilenet mobilenet_v2 mobilenet_v3 nasnet "
    "resnet resnet50 resnet_v2 vgg16 vgg19 xception"
)

MODULES: dict[str, tuple[str, ...]] = {
    "": ("", "@models"),
    "activations": ("@activations", "activations"),
    "applications": ("applications",),
    **{f"applications.{name}": (f"applications.{name}", "applications") for name in _APPLICATIONS},
    "backend": ("backend", "@backend"),
    "backend.tensorflow_backend": ("backend", "@backend"),
    "backend_config": ("backend", "config"),
    "callbacks": ("callbacks", "@callbacks"),
    "callbacks.callbacks": ("callbacks", "@callbacks"),
    "callbacks.tensorboard_v1": ("callbacks", "@callbacks"),
    "callbacks.tensorboard_v2": ("callbacks", "@callbacks"),
    "config": ("config", "@settings", "backend"),
    "constraints": ("constraints", "@constraints"),
    "datasets": ("datasets",),
    "datasets.data_utils": UTILS,
    **{f"datasets.{name}": (f"datasets.{name}",) for name in _DATASETS},
    "engine": ("@engine", "models", "layers"),
    **{
        f"engine.{name}": ("@engine", "models", "layers")
        for name in words(
            "base_layer functional input_layer input_spec network sequential topology training base_layer_v1 "
            "training_v1 keras_tensor saving"
        )
    },
    "experimental": ("optimizers", "schedules", "layers"),
    "initializers": ("initializers",),
    "initializations": ("@initializations", "initializers"),
    "initializers.initializers_v1": ("initializers",),
    "initializers.initializers_v2": ("initializers",),
    "layers": LAYERS,
    **{f"layers.{name}": LAYERS for name in _OLD_LAYER_MODULES},
    "legacy": LAYERS,
    "legacy.layers": LAYERS,
    "losses": ("@losses", "losses"),
    "metrics": ("@losses", "metrics"),
    "mixed_precision": ("@settings",),
    "mixed_precision.experimental": ("@settings",),
    "models": MODELS,
    "objectives": ("@losses", "losses"),
    "operations": ("ops", "backend"),
    "ops": ("ops", "backend"),
    "ops.numpy": ("ops", "backend"),
    "ops.nn": ("ops", "backend"),
    "ops.linalg": ("ops",),
    "optimizers": OPTIMIZERS,
    "optimizers.schedules": ("schedules",),
    **{f"optimizers.{name}": OPTIMIZERS for name in _OLD_OPTIMIZER_MODULES},
    "optimizers.schedules.learning_rate_schedule": ("schedules",),
    "optimizer_v2": OPTIMIZERS,
    **{f"optimizer_v2.{name}": OPTIMIZERS for name in _OLD_OPTIMIZER_MODULES},
    "preprocessing": ("preprocessing",),
    "preprocessing.image": IMAGE,
    "preprocessing.sequence": ("preprocessing.sequence",),
    "preprocessing.text": ("preprocessing.text",),
    "preprocessing.image_dataset": ("preprocessing",),
    "preprocessing.timeseries": ("preprocessing",),
    "random": ("@random", "backend"),
    "regularizers": ("@regularizers", "regularizers"),
    "saving": ("@models", "models", "utils"),
    "saving.save": ("@models", "models"),
    "saving.hdf5_format": ("@models", "models"),
    "tree": ("@tree",),
    "utils": UTILS,
    **{f"utils.{name}": UTILS for name in _OLD_UTILS_MODULES},
    "wrappers": ("@wrappers",),
    "wrappers.scikit_learn": ("@wrappers",),
}

PREFIXES = (
    "tensorflow.contrib.keras.python.keras",
    "tensorflow.contrib.keras.api.keras",
    "tensorflow.contrib.keras",
    "tensorflow.compat.v1.keras",
    "tensorflow.compat.v2.keras",
    "tensorflow.python.keras.api",
    "tensorflow.python.keras",
    "tensorflow.keras",
    "tensorflow_core.python.keras",
    "keras._tf_keras.keras",
    "keras.api._v2.keras",
    "keras.api",
    "keras.src",
    "keras_core",
    "tf_keras",
    "keras",
)
"""What may stand before a module's name."""

_PARTS = [prefix.split(".") for prefix in PREFIXES]
BRIDGES = {".".join(parts[:n]) for parts in _PARTS for n in range(1, len(parts))}
"""The packages on the way to them."""


def keras_path(name: str) -> str | None:
    """The part of a module's name that counts: "tensorflow.keras.layers" -> "layers"; None for other modules.

    >>> keras_path("tensorflow.python.keras.layers.core"), keras_path("keras"), keras_path("numpy")
    ('layers.core', '', None)
    """
    for prefix in PREFIXES:
        if name == prefix:
            return ""
        if name.startswith(prefix + "."):
            return name[len(prefix) + 1 :]
    return None
