// MaxPooling2D and AveragePooling2D (and 1D): the formulas are those of pellucid/layers/pooling.py.
#pragma once

#include "window.h"

namespace pellucid::PELLUCID_ISA {

Node* make_pool(const Value& x, const Value& y, Window window, bool largest);

}  // namespace pellucid::PELLUCID_ISA
