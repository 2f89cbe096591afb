// SimpleRNN and GRU over whole sequences: the formulas and their slopes are those of pellucid/layers/simple_rnn.py and
// gru.py. (LSTM: lstm.h.)
#pragma once

#include <string>

#include "activations.h"
#include "node.h"

namespace pellucid::PELLUCID_ISA {

struct RecurrentParameters {
    const Parameter& kernel;            // (I, sums)
    const Parameter& recurrent_kernel;  // (U, sums)
    const Parameter* bias;              // (sums,), for the GRU (2, sums); or null
    bool learn;
};

// What they share: the sums of all time steps, and a walk through them. Arrays are by sample and time step.
class Recurrent : public Node {
  public:
    // y has one place for each time step, or a single one: the last output.
    Recurrent(const Value& x, const Value& y, RecurrentParameters parameters, Index gates)
        : x_(x), y_(y), p_(parameters), times_(x.places), units_(y.width), sums_count_(gates * y.width) {}

    void make_room(Index samples, bool learning) override;
    bool in_pieces() const override { return false; }
    void forward(const Step& step, Range samples) override;
    void backward(const Step& step, Range samples) override;
    void learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) override;

  protected:
    // From the sums to the output of one sample at one time step; `inner` is h · recurrent_kernel, a row of it.
    virtual void step(Index row) = 0;

    // From dL/d(output) to dL/dsums, in the sums' place, and to dL/dinner, in inner's. What the output before hears
    // without the recurrent kernel replaces dL/d(output).
    virtual void step_back(Index row, float* doutput) = 0;

    // Whether the recurrent share of the sums is kept apart from that of the inputs, with a bias of its own.
    virtual bool apart() const = 0;

    Index row(Index sample, Index time) const { return sample * times_ + time; }
    float* sums(Index row) const { return sums_.data() + row * sums_count_; }
    float* inner(Index row) const { return apart() ? inner_.data() + row * sums_count_ : sums(row); }
    float* output(Index row) const { return outputs_.data() + row * units_; }
    const float* before(Index row) const { return before_[row]; }

    const Value& x_;
    const Value& y_;
    RecurrentParameters p_;
    Index times_, units_, sums_count_;

  private:
    Buffer<float> sums_, inner_, outputs_;
    Buffer<float> doutput_;  // by sample, of the time step that is being gone back through
    Buffer<float> nothing_;  // the output before the first time step
    std::vector<const float*> sum_rows_, before_;  // by row: its sums; the output one time step before
};

// h' = f(sums + h · recurrent_kernel)
Node* make_simple_rnn(const Value& x, const Value& y, RecurrentParameters parameters, Curve curve);

// With reset_after: the reset gate comes after the product. tanh inside, sigmoid gates.
Node* make_gru(const Value& x, const Value& y, RecurrentParameters parameters);

}  // namespace pellucid::PELLUCID_ISA
