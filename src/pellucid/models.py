"""`keras.models`: the models, and how they are loaded and copied."""

from .model import Model
from .saving import load_model, save_model
from .sequential import Sequential
from .structure import clone_model, model_from_json

__all__ = ["Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]
