// LSTM over whole sequences: the formula and its slopes are those of pellucid/layers/lstm.py. tanh inside, sigmoid gates.
#pragma once

#include "node.h"

namespace pellucid::PELLUCID_ISA {

struct LstmParameters {
    const Parameter& kernel;            // (I, 4U), columns i, f, g, o
    const Parameter& recurrent_kernel;  // (U, 4U)
    const Parameter* bias;              // (4U,), or null
    bool learn;
};

class Lstm final : public Node {
  public:
    // y has one place for each time step, or a single one: the last output.
    Lstm(const Value& x, const Value& y, LstmParameters parameters)
        : x_(x), y_(y), p_(parameters), times_(x.places), units_(y.width) {}

    void make_room(Index samples, bool learning) override;
    void forward(const Step& step, Range samples) override;
    void backward(const Step& step, Range samples) override;
    void learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) override;

  private:
    Index row(Index sample, Index time) const { return sample * times_ + time; }
    float* sums(Index row) const { return sums_.data() + row * 4 * units_; }
    float* output(Index row) const { return outputs_.data() + row * units_; }
    void step(Index row, const float* inner_before);
    void step_back(Index sample, Index time, const float* inner_before);

    const Value& x_;
    const Value& y_;
    LstmParameters p_;
    Index times_, units_;

    // By sample and time step; `sums_` holds the gates once they are computed, and dL/dsums on the way back.
    Buffer<float> sums_, inner_, squashed_, outputs_;
    Buffer<float> doutput_, dinner_;  // by sample, of the time step that is being gone back through
    Buffer<float> nothing_;           // the states before the first time step
    std::vector<const float*> sum_rows_, before_;  // by row: its sums; the output one time step before
};

}  // namespace pellucid::PELLUCID_ISA
