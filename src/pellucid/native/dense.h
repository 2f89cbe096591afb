// Dense: y = x · kernel + bias. The formula and its slopes are those of pellucid/layers/dense.py.
#pragma once

#include "node.h"

namespace pellucid::PELLUCID_ISA {

class Dense final : public Node {
  public:
    // bias     null when the layer has none
    // learns   whether kernel and bias move
    Dense(const Value& x, const Value& y, const Parameter& kernel, const Parameter* bias, bool learns)
        : x_(x), y_(y), kernel_(kernel), bias_(bias), learns_(learns) {}

    void forward(const Step& step, Range samples) override;
    void backward(const Step& step, Range samples) override;
    void learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) override;

  private:
    const Value& x_;
    const Value& y_;
    const Parameter& kernel_;  // (I, O)
    const Parameter* bias_;    // (O,)
    bool learns_;
};

}  // namespace pellucid::PELLUCID_ISA
