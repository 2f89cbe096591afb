// Activations as nodes. The functions and their slopes are those of pellucid/activations/.
#pragma once

#include <string>

#include "node.h"

namespace pellucid::PELLUCID_ISA {

// Null for a name that there is no kernel for. x and y may share their memory (see `in_place`).
Node* make_activation(const std::string& name, const Value& x, const Value& y);

// One row of softmax: y = exp(x - most) / total. x and y may be the same.
struct Shares {
    float most, total;
};
Shares softmax(const float* x, float* y, Index count);

}  // namespace pellucid::PELLUCID_ISA
