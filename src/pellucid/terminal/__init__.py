"""What a terminal can show: curves while a network learns, a confusion matrix, images. Drawn with rich."""

from .confusion import confusion_table, in_words, mistakes
from .curves import curves
from .images import image, image_row
from .live import LiveCurves

__all__ = ["LiveCurves", "confusion_table", "curves", "image", "image_row", "in_words", "mistakes"]
