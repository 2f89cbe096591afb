// Conv2D (and Conv1D): the formula and its slopes are those of pellucid/layers/conv.py, without its patches. The product's
// left matrix is never made: its rows are read where they lie in the image, in as many pieces as the window has rows.
#pragma once

#include "window.h"

namespace pellucid::PELLUCID_ISA {

class Conv final : public Node {
  public:
    Conv(const Value& x, const Value& y, Window window, const Parameter& kernel, const Parameter* bias, bool learns);

    void make_room(Index samples, bool learning) override;
    void forward(const Step& step, Range samples) override;
    void backward(const Step& step, Range samples) override;
    void learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) override;

  private:
    Index image_size() const { return window_.rows.padded() * window_.columns.padded() * x_.width; }
    Index place(Index number) const;
    void copy_in(Index sample);
    void copy_out(const float* image, float* slope) const;

    const Value& x_;
    const Value& y_;
    Window window_;
    const Parameter& kernel_;  // (KH, KW, C, F)
    const Parameter* bias_;    // (F,)
    bool learns_;

    Index piece_;                  // numbers of a patch that lie side by side
    std::vector<Index> offsets_;   // where each piece begins, from the beginning of the patch
    std::vector<const float*> patches_;  // where each patch of each sample begins
    Buffer<float> images_;               // the samples with zeros around, where the window looks beyond them
};

}  // namespace pellucid::PELLUCID_ISA
