// Whether numbers are numbers: one pass through memory, which threads share.
#pragma once

#include "vec.h"

namespace pellucid::PELLUCID_ISA {

// Whether none of these is infinite or no number.
bool is_finite(const float* x, Index count);

}  // namespace pellucid::PELLUCID_ISA
