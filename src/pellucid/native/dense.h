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

    void make_room(Index samples, bool learning) override;
    bool in_pieces() const override { return packs_; }
    void forward(const Step& step, Range samples) override;
    void backward(const Step& step, Range samples) override;
    Index parts(Index threads) const override;
    void learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) override;

  private:
    // Whether x is what the network was given, where whole columns may be 0.
    bool reads_data() const { return !x_.data; }
    // Whether what the last step has learned lies packed already.
    bool is_packed(const Step& step) const { return packs_ && step.in_a_row && !step.first; }
    Right kernel(const Step& step) const;
    Right turned_kernel(const Step& step) const;
    void learn_rows(const Step& step, const Optimizer& optimizer, Range inputs);

    const Value& x_;
    const Value& y_;
    const Parameter& kernel_;  // (I, O)
    const Parameter* bias_;    // (O,)
    bool learns_;

    // In panels, for products: the kernel, its transpose and dy, each packed once, by whoever has just computed it.
    bool packs_ = false;
    Buffer<float> packed_, turned_, slopes_;
};

}  // namespace pellucid::PELLUCID_ISA
