"""Pictures: read, written, turned, shifted, zoomed, and served in batches that change a little every time.

pictures.py    files and arrays
affine.py      turn, shift, shear, zoom
changes.py     single changes by chance
iterator.py    batches from arrays
folder.py      batches from a folder of folders
generator.py   ImageDataGenerator
"""

from .affine import apply_affine_transform
from .changes import (
    apply_brightness_shift,
    apply_channel_shift,
    flip_axis,
    random_brightness,
    random_channel_shift,
    random_rotation,
    random_shear,
    random_shift,
    random_zoom,
)
from .folder import DirectoryIterator
from .generator import ImageDataGenerator
from .iterator import Iterator, NumpyArrayIterator
from .pictures import array_to_img, img_to_array, load_img, save_img, smart_resize

__all__ = [
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "array_to_img",
    "flip_axis",
    "img_to_array",
    "load_img",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
    "save_img",
    "smart_resize",
]
