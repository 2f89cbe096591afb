"""How files are damaged in tests, and how often (PELLUCID_KILLS and PELLUCID_MUTATIONS; 20 and 300 by default)."""

import os
import random

KILLS = int(os.environ.get("PELLUCID_KILLS", "20"))
MUTATIONS = int(os.environ.get("PELLUCID_MUTATIONS", "300"))


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A copy with a few bits, bytes or words changed, or a piece cut out, doubled or moved."""
    copy = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8))):
        at = chance.randrange(len(copy))
        match chance.randrange(6):
            case 0 | 1:
                copy[at] ^= 1 << chance.randrange(8)
            case 2:
                copy[at] = chance.choice((0, 1, 127, 128, 255))
            case 3:
                size = chance.choice((2, 4, 8))
                copy[at : at + size] = chance.choice((b"\xff" * size, bytes(size), chance.randbytes(size)))
            case 4:
                other = chance.randrange(len(copy))
                copy[at : at + 64] = copy[other : other + 64]
            case 5:
                del copy[at : at + chance.choice((1, 8, 512))]
    return bytes(copy)
