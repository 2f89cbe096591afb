// Embedding: a row of a table for each number of x. The formula and its slopes are those of pellucid/layers/embedding.py.
#pragma once

#include "node.h"

namespace pellucid::PELLUCID_ISA {

class Embedding final : public Node {
  public:
    // table    (rows, width of y); numbers of x that name no row take the nearest one
    Embedding(const Value& x, const Value& y, const Parameter& table, bool learns)
        : x_(x), y_(y), table_(table), rows_(table.size / y.width), learns_(learns) {}

    void make_room(Index samples, bool) override { named_.resize(samples * y_.places); }
    void forward(const Step& step, Range samples) override;
    void backward(const Step&, Range) override {}
    void learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) override;

  private:
    const Value& x_;
    const Value& y_;
    const Parameter& table_;
    Index rows_;
    bool learns_;
    std::vector<Index> named_;  // by place of y: the row that it is
};

}  // namespace pellucid::PELLUCID_ISA
