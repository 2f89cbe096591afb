// A value that several nodes read: each reads a branch of its own, and what they hear is added up. Nothing is moved.
#pragma once

#include "node.h"

namespace pellucid::PELLUCID_ISA {

class Fork final : public Node {
  public:
    Fork(const Value& x, std::vector<Value*> branches) : x_(x), branches_(std::move(branches)) {}

    // Only a network's input lies somewhere else in every batch.
    void forward(const Step&, Range samples) override {
        if (x_.data) return;
        const Range places = x_.places_of(samples);
        for (Value* branch : branches_) {
            std::copy(x_.rows.begin() + places.first, x_.rows.begin() + places.last, branch->rows.begin() + places.first);
        }
    }

    void backward(const Step&, Range samples) override {
        if (!x_.slope) return;
        const Index first = samples.first * x_.size(), count = samples.size() * x_.size();
        bool written = false;
        for (const Value* branch : branches_) {
            if (!branch->slope) continue;
            if (!written) {
                std::memcpy(x_.slope + first, branch->slope + first, count * sizeof(float));
            } else {
                map(x_.slope + first, branch->slope + first, x_.slope + first, count, [](Vec a, Vec b) { return a + b; });
            }
            written = true;
        }
    }

  private:
    const Value& x_;
    std::vector<Value*> branches_;
};

}  // namespace pellucid::PELLUCID_ISA
