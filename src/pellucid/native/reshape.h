// Reshape and Flatten: the same numbers, counted as other places of another width. Nothing is moved.
#pragma once

#include "node.h"

namespace pellucid::PELLUCID_ISA {

class Reshape final : public Node {
  public:
    Reshape(const Value& x, Value& y) : x_(x), y_(y) {}

    // Only the network's input lies somewhere else in every batch.
    void forward(const Step&, Range samples) override {
        if (x_.data) return;
        for (Index n = samples.first; n < samples.last; n++) {
            for (Index i = 0; i < y_.places; i++) y_.rows[n * y_.places + i] = x_.rows[n * x_.places] + i * y_.width;
        }
    }

    void backward(const Step&, Range) override {}

  private:
    const Value& x_;
    Value& y_;
};

}  // namespace pellucid::PELLUCID_ISA
