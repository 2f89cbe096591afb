// Activations as nodes. The functions and their slopes are those of pellucid/activations/.
#pragma once

#include <string>

#include "node.h"

namespace pellucid::PELLUCID_ISA {

// Null for a name that there is no kernel for. x and y may share their memory (see `in_place`), unless the slope is
// computed from x.
// setting    the number that some of them take: the slope of leaky_relu, the alpha of elu
Node* make_activation(const std::string& name, float setting, const Value& x, const Value& y);

// Whether dy/dx is computed from x, and not from y.
bool slopes_from_x(const std::string& name);

// An activation whose slope is computed from y, for layers that have one inside. x and y may be the same, and so may dy
// and dx.
struct Curve {
    void (*value)(const float* x, float* y, Index count) = nullptr;
    void (*slope)(const float* y, const float* dy, float* dx, Index count) = nullptr;
};

// Without functions for a name that there is no kernel for.
Curve curve_of(const std::string& name);

// One row of softmax: y = exp(x - most) / total. x and y may be the same.
struct Shares {
    float most, total;
};
Shares softmax(const float* x, float* y, Index count);

}  // namespace pellucid::PELLUCID_ISA
