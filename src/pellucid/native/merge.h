// Several values that become one, and one turned round: Add, Subtract, Multiply, Average, Maximum, Minimum and Concatenate
// as in pellucid/layers/merge.py; Reverse is what go_backwards needs; GlobalMaxPool that of global_pooling.py.
#pragma once

#include <string>

#include "node.h"

namespace pellucid::PELLUCID_ISA {

// Number by number, of values of one size. Null for a name that there is no kernel for.
Node* make_merge(const std::string& name, std::vector<const Value*> xs, const Value& y);

// End to end: of each x a piece of x.size() / pieces numbers, and so on, `pieces` times.
Node* make_concatenate(std::vector<const Value*> xs, const Value& y, Index pieces);

// The places in the opposite order.
Node* make_reverse(const Value& x, const Value& y);

// Of each channel the largest number; its slope goes in equal shares to all the places that hold it.
Node* make_global_max(const Value& x, const Value& y);

}  // namespace pellucid::PELLUCID_ISA
