"""What a file may ask of us at most. One unit more is refused before any memory is taken.

Sizes are in bytes.
"""

CONFIG_BYTES = 16 * 2**20  # config.json, metadata.json
CONFIG_VALUES = 500_000  # numbers, texts, lists and objects in one of them
NESTING = 64  # lists and objects in the config; groups in the weights
MEMBERS = 100_000  # groups and arrays in the weights
NAME_BYTES = 1024  # one group's or array's name
RANK = 32  # axes of one array
STRUCTURE_BYTES = 100 * 2**20  # all that describes the arrays, without their numbers
ZIP_DIRECTORY_BYTES = 64 * 2**10  # the list of members at the end of a .keras file
UNPACKED_BYTES = 16 * 2**20  # how far a compressed .keras file may grow beyond its own size
