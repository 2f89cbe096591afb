"""Data on their way into a model: every form that fit, evaluate and predict accept becomes a Source of checked batches.

batches.py    Batch and Slot: what a step is fed, and what a model expects
checks.py     bad data stop here
columns.py    one array that rows are taken from, in memory or on disk
arrange.py    lists and dicts of arrays, laid out by input
weights.py    sample_weight and class_weight
sequence.py   PyDataset: batches by number
sources.py    arrays, datasets and generators as a Source
adapters.py   source, batch, split
"""

from ..engine.batch import Batch
from .adapters import batch, source, split
from .batches import Slot
from .sequence import PyDataset, Sequence
from .sources import ArraySource, DataWarning, SequenceSource, Source, StreamSource

__all__ = [
    "ArraySource",
    "Batch",
    "DataWarning",
    "PyDataset",
    "Sequence",
    "SequenceSource",
    "Slot",
    "Source",
    "StreamSource",
    "batch",
    "source",
    "split",
]
