"""Writes docs/compat.md and docs/keras-names.md from the tables in the code: python docs/tables.py

keras_names.json holds the public names of Keras 3.15, so that no Keras is needed here.
"""

import importlib
import inspect
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from pellucid import old_methods
from pellucid.compat.era import DEFAULTS_OF_KERAS_2
from pellucid.compat.table import MODULES, PREFIXES, words
from pellucid.compat.tensorflow import TENSORFLOW
from pellucid.layers import old_names

HERE = Path(__file__).parent

LAYER_TABLES = (
    ("Dense", old_names.DENSE),
    ("Convolutions", old_names.CONVOLUTION),
    ("Poolings", old_names.POOLING),
    ("Padding, cropping, enlarging", old_names.SIZING),
    ("Dropouts", old_names.DROPOUT),
    ("Noise", old_names.NOISE),
    ("Embedding", old_names.EMBEDDING),
    ("Normalizations", old_names.NORMALIZATION),
    ("Recurrent layers", old_names.RECURRENT),
    ("ConvLSTM1D, 2D, 3D", old_names.CONVOLUTION_RECURRENT),
)

SPELLINGS = (
    ("`optimizer.lr`, `SGD(lr=0.1)`", "`learning_rate`; `K.set_value(model.optimizer.lr, 0.01)` sets it"),
    ("`SGD(decay=1e-6)`", "the rate is divided by 1 + decay · updates"),
    ("`keras.optimizers.adam`, `sgd`, `rmsprop` …", "the class of that name in capitals"),
    ("`loss='logloss'`", "`binary_crossentropy`"),
    ("`history['acc']`, `logs['val_acc']`, `monitor='val_acc'`, `{val_acc:.2f}`", "the value under the name that "
     "it has in the log: `acc` finds `accuracy`, `mae` finds `mean_absolute_error`, and the other way"),
    ("`self.validation_data` in a callback", "the list [x, y, weights] that `fit` validates with"),
    ("`from six.moves import range`", "the same without six, which came with Keras then"),
    ("`'%d' % model.predict_classes(x)[0]`, `float(model.predict(x)[0])`", "a row of one number is a number, as until "
     "NumPy 2.3"),
    ("`np.float`, `np.int`, `np.NaN`, `np.product` …", "what NumPy has dropped since, while the program runs"),
    ("`from IPython.display import SVG`, `import pydot`", "accepted where they are not installed"),
    ("`fit_generator(…, steps_per_epoch=)`, `evaluate_generator`, `predict_generator`", "`fit`, `evaluate`, `predict`"),
    ("`samples_per_epoch=`, `nb_val_samples=`, `val_samples=`", "as many batches as hold so many samples"),
    ("`predict_proba(x)`", "`predict(x)`"),
    ("`predict_classes(x)`", "the most probable class; for one output, 1 above a half"),
    ("`fit(show_accuracy=True)`", "accuracy among the metrics"),
    ("`Convolution2D(5, 3, 3)`", "`Conv2D(5, (3, 3))`"),
    ("`merge([a, b], mode='concat')`, `Merge([left, right], mode=…)`", "the merge of that mode: sum, mul, ave, max, "
     "concat, dot, cos, or a function; `Merge` of models makes one model of them"),
    ("`Model(input=, output=)`", "`Model(inputs=, outputs=)`"),
    ("`CuDNNLSTM`, `CuDNNGRU`", "`LSTM`, `GRU`"),
    ("`TimeDistributedDense(n)`", "`Dense(n)`"),
    ("`input_dim=`, `input_shape=`, `batch_input_shape=`, `input_length=`", "a model's input, said by its first layer"),
    ("`weights.{epoch:02d}.hdf5`, `model.h5`", "files in Keras's HDF5 form"),
    ("`K.function([model.input, K.learning_phase()], [layer.output])`", "a function from arrays to arrays"),
    ("`K.set_session`, `K.get_session`, `tf.Session()`, `tf.ConfigProto()`", "accepted, and without effect"),
    ("`K.set_image_dim_ordering('th')`, `dim_ordering='th'`, `set_image_data_format`",
     "channels first: the layers of pictures move the axis, and their numbers are the same"),
    ("`K.gradients(loss, model.input)`", "the derivative, as a symbolic value for `K.function`; by weights, too"),
    ("`optimizer.get_gradients(model.total_loss, model.trainable_weights)`", "the same, of the loss; with "
     "`model.targets` and `model.sample_weights` among the inputs of `K.function`"),
    ("`K.placeholder(shape)`", "a symbolic input, to be given numbers by `K.function`"),
    ("`K.function(inputs, outputs, updates=optimizer.get_updates(…))`", "each call makes a step of the optimizer down "
     "that loss, after the outputs are known; `K.update` of a variable or a symbolic value is done at each call, too"),
    ("`session.run(values, feed_dict={model.input: x})`", "the numbers of symbolic values, as `K.function` gives them; "
     "anything else is refused as raw TensorFlow"),
    ("`Deconvolution2D(5, 3, 3, output_shape)`", "`Conv2DTranspose` that makes this shape"),
    ("`keras.initializations.normal(shape, scale=, name=)`", "a variable with such first numbers"),
    ("`Dense(init=my_init)` of (shape, name), or of the shape alone", "first numbers from that function"),
    ("`K.batch_dot` of values with four axes", "along the first two axes together, as with TensorFlow until Keras 2.2"),
    ("`input_shape=(1, 28, 28)` where nothing says the order", "channels first, as Keras 1 had it with Theano"),
    ("`imdb.load_data(test_split=)`, `nb_words=`", "the reviews for training alone, cut in two; `num_words=`"),
    ("`from scipy.misc import imread, imsave, imresize`", "the same as then, with Pillow"),
    ("`sklearn.cross_validation`, `grid_search`, `externals.joblib`", "`sklearn.model_selection`, `joblib`"),
    ("`print x`, `except E, e`, `xrange`, `7 / 2`", "Python 2, where Python 3 cannot read the program"),
    ("`from __future__ import division` in the middle of a notebook", "what it means from there on"),
    ("a notebook whose kernel is Python 2", "`map`, `filter`, `zip` give lists, and 7 / 2 is 3, in all its cells"),
    ("`time.clock()`, `collections.Iterable`, `inspect.getargspec` …", "what Python has dropped since, "
     "while the program runs"),
    ("`keras.wrappers.scikit_learn.KerasClassifier`, `KerasRegressor`", "the same, on scikit-learn of today"),
    ("`multi_gpu_model(model, gpus=)`", "the model itself"),
    ("`layer.W`, `layer.b`", "`layer.kernel`, `layer.bias`"),
    ("`keras.callbacks.RemoteMonitor`", "sends nothing, and says so"),
    ("`K.tf`, `import theano`", "the little of TensorFlow that there is; Theano's own functions are refused"),
    ("`model_from_yaml`, `to_yaml`", "refused, as by Keras since 2021: YAML can run code"),
    ("`MaxoutDense`, `Highway`, `Embedding(dropout=)`", "the layers of Keras 1"),
    ("`regularizers.l2(l=)`, `activity_l2`, `WeightRegularizer`", "`L1`, `L2`, `L1L2`"),
    ("`BatchNormalization(mode=0)`", "the same; the other modes are refused"),
    ("`layer.get_output_at(i)`, `get_input_at(i)`", "the values of the layer's calls"),
    ("losses and layers that use symbolic values around them", "the value of the same batch, and the chain rule"),
    ("`history['lr']`, `logs['lr']`", "`learning_rate`"),
    ("`probas_to_classes`, `HDF5Matrix`, `visualize_util.plot`", "the same as then"),
    ("`ImageDataGenerator(width_shift_range=)`", "shifts along the width (Keras since 2019: along the "
     "height, and turns pictures that are not square about another point)"),
)  # fmt: skip
"""Old spellings that are no entries of a table in the code."""

PLACES = {
    "layers": ("layers",), "losses": ("losses",), "metrics": ("metrics",), "optimizers": ("optimizers",),
    "optimizers.schedules": ("optimizers.schedules",), "callbacks": ("callbacks",), "initializers": ("initializers",),
    "activations": ("activations",), "regularizers": ("regularizers",), "constraints": ("constraints",),
    "utils": ("utils",), "datasets": ("datasets",), "applications": ("applications",),
}  # fmt: skip

SOUND = "sound is outside what the project is for"

REASONS: dict[str, str] = {
    "layers.TFSMLayer": "TensorFlow's own format",
    "layers.FlaxLayer": "a layer of another library",
    "layers.JaxLayer": "write a layer with `call`: its backward is found",
    "layers.TorchModuleWrapper": "a layer of another library",
    "layers.HashedCrossing": "columns of tables are prepared before training; its hash is FarmHash",
    "layers.Hashing": "columns of tables are prepared before training; its hash is FarmHash",
    "layers.MelSpectrogram": SOUND,
    "layers.STFTSpectrogram": SOUND,
    "callbacks.OrbaxCheckpoint": "a file format of another library",
    "callbacks.RemoteMonitor": "sends numbers over the network to an address; use `LambdaCallback`",
    "utils.FeatureSpace": "columns of tables are prepared before training",
    "utils.audio_dataset_from_directory": SOUND,
    "utils.bounding_boxes": "detection is outside what the project is for",
    "optimizers.legacy": "the optimizers themselves take the old arguments",
    "optimizers.MultiOptimizer": "one optimizer for a model",
    "optimizers.OptimizerMap": "one optimizer for a model",
    "utils.legacy": "Keras's way to load lambdas from files; files never hold code here",
    "utils.Config": "a dict does",
    "utils.enable_interactive_logging": "say `verbose=`; `pellucid.compat` accepts it",
    "utils.disable_interactive_logging": "say `verbose=`; `pellucid.compat` accepts it",
    "utils.is_interactive_logging_enabled": "say `verbose=`; `pellucid.compat` accepts it",
}
"""Why a name of Keras is not here."""
NOT_YET = "not written yet"
MIXING = "changes of pictures beyond those that the courses use: flip, turn, shift, zoom, contrast, brightness"
MIXED = frozenset(words(
    "AugMix AutoContrast ContrastLimitedAdaptiveHistogramEqualization CutMix Equalization MaxNumBoundingBoxes MixUp "
    "Pipeline RandAugment RandomColorDegeneration RandomColorJitter RandomElasticTransform RandomErasing "
    "RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization "
    "RandomSaturation RandomSharpness Solarization"
))  # fmt: skip
BEYOND_COURSES = "beyond the networks that the courses use"


def behind(place: str) -> ModuleType | None:
    """A module of ours; None when it is not there."""
    try:
        return importlib.import_module(f"pellucid.{place}")
    except ModuleNotFoundError:
        return None


def reason(group: str, name: str) -> str:
    """Why a name of Keras is not here."""
    if group == "applications":
        return BEYOND_COURSES
    if name in MIXED:
        return MIXING
    if group == "initializers" and "stft" in name.lower():
        return SOUND
    return REASONS.get(f"{group}.{name}", NOT_YET)


def here_and_not(group: str, names: list[str]) -> tuple[list[str], list[str]]:
    """The names of Keras that are here, and those that are not."""
    modules = [module for place in PLACES[group] if (module := behind(place)) is not None]
    here = [name for name in names if any(hasattr(module, name) for module in modules)]
    return here, [name for name in names if name not in here]


def names_page() -> str:
    """docs/keras-names.md."""
    names = json.loads((HERE / "keras_names.json").read_text())
    version = names.pop("keras")
    lines = [
        f"# The names of Keras {version}",
        "",
        "Every public name of these modules: here, or not here and why. Written by `python docs/tables.py`.",
        "",
        "| module | here | not here |",
        "| --- | --- | --- |",
    ]
    found = {group: here_and_not(group, names[group]) for group in PLACES}
    lines += [f"| `{group}` | {len(here)} | {len(missing)} |" for group, (here, missing) in found.items()]
    total = [sum(len(parts[i]) for parts in found.values()) for i in (0, 1)]
    lines.append(f"| **together** | **{total[0]}** | **{total[1]}** |")
    for group, (here, missing) in found.items():
        lines += ["", f"## {group}", "", f"Here: {', '.join(f'`{name}`' for name in here) or 'none'}."]
        if missing:
            lines += ["", "| not here | why |", "| --- | --- |"]
            lines += [f"| `{name}` | {reason(group, name)} |" for name in missing]
    return "\n".join(lines) + "\n"


def rows(table: Mapping[str, old_names.Meaning]) -> list[str]:
    """A row for each old argument."""
    return [f"| `{old}=` | {means(old, meaning, table)} |" for old, meaning in table.items()]


def means(old: str, meaning: old_names.Meaning, table: Mapping[str, old_names.Meaning]) -> str:
    """What an old argument does here."""
    if meaning is None:
        return "accepted, and without effect"
    if isinstance(meaning, tuple):
        values = ", ".join(f"`{a!r}` → `{b!r}`" for a, b in meaning[1].items())
        return f"`{meaning[0]}=` ({values})"
    others = [f"`{name}=`" for name, other in table.items() if other == meaning and name != old]
    part_of_one = old.startswith(("nb_row", "nb_col", "kernel_dim"))
    return f"its part of `{meaning}=`" if part_of_one and others else f"`{meaning}=`"


def compat_page() -> str:
    """docs/compat.md."""
    lines = [
        "# Programs of older Kerases",
        "",
        "A program that says `keras` or `tensorflow.keras` runs without an edit:",
        "",
        "    pellucid run program.py             its own arguments may follow",
        "    pellucid run notebook.ipynb         cell by cell; figures are saved beside it",
        "    pellucid run program.py --epochs 2 --limit 1000",
        "",
        "or, in Python, `import pellucid.compat; pellucid.compat.install_as_keras()` before the program's own imports.",
        "This page says what old spellings do here. Written by `python docs/tables.py`.",
        "",
        "## Whose defaults",
        "",
        "What a program does not say is what the Keras that it was written for had for it. Its words tell which that",
        "was: `nb_epoch`, `lr=` or `keras.layers.core` are of Keras until 2.3, `keras.ops` of Keras 3, `tf.keras` of",
        "TensorFlow 2; a program without such a sign means today's. `--era 'keras 2'` says it",
        "outright. Of Keras until 2.3 (and tf.keras of TensorFlow 1):",
        "",
        "| what | then | since |",
        "| --- | --- | --- |",
        *(
            f"| `{cls.__name__}({name}=)` | `{then!r}` | `{inspect.signature(cls).parameters[name].default!r}` |"
            for (cls, name), then in DEFAULTS_OF_KERAS_2.items()
        ),
        "| a frozen `BatchNormalization` while the rest trains | the batch's mean and variance | its moving averages |",
        "| names of layers and models | `dense_1`, `dense_2`; `input_1`, `model_1` (TensorFlow 2: `dense`, `input_1`, "
        "`model`) | `dense`, `dense_1`; `input_layer`, `functional` |",
        "| `metrics=['accuracy', 'mae']` in the log (Keras 2.2) | `acc`, `mean_absolute_error` | as it was given |",
        "| `hard_sigmoid` (until TensorFlow 2.15) | clip(0.2 x + 0.5, 0, 1) | clip(x / 6 + 0.5, 0, 1) |",
        "",
        "## Methods, names and habits",
        "",
        "| old spelling | what it does here |",
        "| --- | --- |",
        *(f"| {old} | {new} |" for old, new in SPELLINGS),
        "",
        "## Arguments of methods",
        "",
        "| method | old argument | what it does here |",
        "| --- | --- | --- |",
    ]
    for method, arguments in (("fit", old_methods.FIT), ("evaluate, predict", old_methods.EVALUATE),
                          ("compile", old_methods.COMPILE)):  # fmt: skip
        lines += [f"| {method} | `{old}=` | {f'`{new}=`' if new else 'accepted, and without effect'} |"
                  for old, new in arguments.items()]  # fmt: skip
    lines += ["", "## Arguments of layers", ""]
    for title, table in LAYER_TABLES:
        lines += [f"### {title}", "", "| old argument | what it does here |", "| --- | --- |", *rows(table), ""]
    lines += [
        "## Modules",
        "",
        f"Each may stand behind {', '.join(f'`{prefix}`' for prefix in PREFIXES)}.",
        "",
        "| module | whose names it has |",
        "| --- | --- |",
    ]
    for path, entries in MODULES.items():
        shown = ", ".join(f"`pellucid{f'.{entry}' if entry else ''}`" for entry in entries if not entry.startswith("@"))
        old = next((f"`pellucid.compat.old.{entry[1:]}`" for entry in entries if entry.startswith("@")), "")
        lines.append(f"| `keras{f'.{path}' if path else ''}` | {', '.join(filter(None, (shown, old)))} |")
    lines += [
        "",
        "## TensorFlow",
        "",
        "What there is of it besides Keras. Anything else is refused in one sentence that names it and, in "
        "`pellucid run`, the line.",
        "",
        "| module | names |",
        "| --- | --- |",
    ]
    for module, names in TENSORFLOW.items():
        if names:
            lines.append(f"| `{module}` | {', '.join(f'`{name}`' for name in sorted(names))} |")
    return "\n".join(lines) + "\n"


PAGES = {"compat.md": compat_page, "keras-names.md": names_page}


def main() -> None:
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
        print(f"written: docs/{name}", file=sys.stderr)


if __name__ == "__main__":
    main()
