"""The same contest on a lesser processor: every peer is kept to an instruction set, by its own switch."""

import os

INSTRUCTION_SETS = {
    "avx2": {
        "PELLUCID_ISA": "avx2",
        "ATEN_CPU_CAPABILITY": "avx2",  # PyTorch's own kernels, and what torch.compile writes
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",  # its matrix products
        "ONEDNN_MAX_CPU_ISA": "AVX2",  # convolutions and LSTMs of PyTorch and TensorFlow
        "OPENBLAS_CORETYPE": "Haswell",  # the products of NumPy and scikit-learn
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    },
}
"""What says so to each library, in the environment of its process. ONNX Runtime knows no such switch."""


def switches(isa: str | None) -> dict[str, str]:
    """What is added to the environment; nothing without an instruction set. Flags of the user's for XLA stay."""
    found = dict(INSTRUCTION_SETS[isa]) if isa else {}
    if "XLA_FLAGS" in found:
        found["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {found['XLA_FLAGS']}".strip()
    return found
