// Conv2D (and Conv1D): the formula and its slopes are those of pellucid/layers/conv.py, without its patches. The product's
// left matrix is never made: its rows are read where they lie in the image, in as many pieces as the window has rows.
#pragma once

#include "patches.h"

namespace pellucid::PELLUCID_ISA {

class Conv final : public Node {
  public:
    Conv(const Value& x, const Value& y, Window window, const Parameter& kernel, const Parameter* bias, bool learns);

    void make_room(Index samples, bool learning) override;
    void forward(const Step& step, Range samples) override;
    void backward(const Step& step, Range samples) override;
    void learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) override;

    const Value& x() const { return x_; }
    Window window() const { return window_; }
    const Parameter& kernel() const { return kernel_; }
    const Parameter* bias() const { return bias_; }
    bool learns() const { return learns_; }

  private:
    const Value& x_;
    const Value& y_;
    Window window_;
    const Parameter& kernel_;  // (KH, KW, C, F)
    const Parameter* bias_;    // (F,)
    bool learns_;

    Patches patches_;
    std::vector<const float*> rows_;  // where each patch of each sample begins
};

}  // namespace pellucid::PELLUCID_ISA
