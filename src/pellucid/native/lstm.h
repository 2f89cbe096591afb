// LSTM over whole sequences: the formula and its slopes are those of pellucid/layers/lstm.py. tanh inside, sigmoid gates.
//
// Time step by time step, all samples of a thread at once. Everything is laid out so that products need no copies, and
// that whatever goes on with their sums finds them near, side by side:
//
//   joined    rows [x | 1 | h before], time by time: one product with [kernel; bias; recurrent kernel] gives all sums of
//             a time step, and one product with its transpose all three gradients
//   columns   by blocks of LANES units, and in a block i, f, g, o: with the sums of a block come whole units. Units are
//             filled up to whole blocks; what is beyond the last unit has kernels of zeros, and stays 0.
//   gates     as the panels that `multiply` wants on its right: (columns / PANEL, rows, PANEL)
//   states    likewise (blocks, rows, LANES)
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
    Lstm(const Value& x, const Value& y, LstmParameters parameters);

    void make_room(Index samples, bool learning) override;
    bool in_pieces() const override { return false; }  // products of a time step are small as it is
    bool prepares() const override { return true; }
    void prepare(const Step& step, Index part, Index parts) override;
    void forward(const Step& step, Range samples) override;
    void backward(const Step& step, Range samples) override;
    void learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) override;

  private:
    class Closing;
    class Moving;

    // Samples lie this many rows apart from one time step to the next. A product over all rows must find no gaps.
    Index rows_apart(const Step& step) const { return step.learning ? step.samples : room_; }
    float* gate(Index row, Index block, Index number) const {
        const Index column = (block * 4 + number) * LANES;
        return gates_.data() + (column / PANEL * rows_ + row) * PANEL + column % PANEL;
    }
    Index state(Index row, Index block) const { return (block * rows_ + row) * LANES; }
    float* joined(Index row) const { return joined_.data() + row * joined_width_; }
    void join_kernels(Range rows, float* joined) const;
    void open(Range rows, Index block, Index time, Index apart);

    const Value& x_;
    const Value& y_;
    LstmParameters p_;
    Index times_, units_, blocks_, columns_;
    Index before_h_;       // numbers of a joined row before h
    Index joined_width_;

    Index room_ = 0, rows_ = 0;  // samples; rows of all time steps
    Buffer<float> kernels_, turned_, turned_for_x_;  // [kernel; bias; recurrent kernel] in panels, and its transpose
    Buffer<float> joined_;       // one time step more than the others: the last output
    Buffer<float> gates_;        // sums, then gates, and on the way back dL/dsums
    Buffer<float> inner_, squashed_;  // the inner state and its tanh
    Buffer<float> dinner_;            // dL/d(inner state) of the time step that is being gone back through
    std::vector<const float*> joined_rows_, gate_rows_;
    std::vector<Index> panels_;  // where a row's next panels begin, from its first
};

}  // namespace pellucid::PELLUCID_ISA
