"""Pellucid in the place of Keras: programs that say `keras` or `tensorflow.keras` run without an edit.

    import pellucid.compat
    pellucid.compat.install_as_keras()

or, without touching the program, `pellucid run program.py`.

table.py        which module of ours stands behind each of Keras's
modules.py      modules that look like Keras's
tensorflow.py   the little of TensorFlow that Keras programs use; the rest is refused
tensorflow_train.py   optimizers of TensorFlow 1
finder.py       `import`, answered
eager.py        results with numpy()
old/            what Keras had once, with its old meaning
run.py          programs and notebooks
"""

from .finder import install_as_keras, installed, remove
from .modules import ImportRefusal, Refusal
from .run import run_notebook, run_program

__all__ = [
    "ImportRefusal",
    "Refusal",
    "install_as_keras",
    "installed",
    "remove",
    "run_notebook",
    "run_program",
]
