// What layers with a kernel do with the products they compute.
#pragma once

#include "gemm.h"
#include "optimizer.h"

namespace pellucid::PELLUCID_ISA {

// Writes C + bias.
class Biased final : public Sink {
  public:
    Biased(float* data, Index stride, const float* bias) : data_(data), stride_(stride), bias_(bias) {}

    void take(Index m, Index n, Index count, const float* values) override {
        map(values, bias_ + n, data_ + m * stride_ + n, count, [](Vec sum, Vec bias) { return sum + bias; });
    }

    void take_rows(Range rows, Index n, Index count, const float* values) override {
        take_each(*this, rows, n, count, values);
    }

  private:
    float* data_;
    Index stride_;
    const float* bias_;
};

// Hands each piece of a kernel's gradient to the optimizer as soon as it is known: it is never written down.
// Row m of C is row m + shift of the kernel.
class Learning final : public Sink {
  public:
    Learning(const Parameter& kernel, Index stride, const Optimizer& optimizer, Index shift = 0)
        : kernel_(kernel), stride_(stride), optimizer_(optimizer), shift_(shift) {}

    void expect(Range rows, Index n, Index count) override {
        for (Index m = rows.first; m < rows.last; m++) optimizer_.expect(kernel_, (m + shift_) * stride_ + n, count);
    }

    void take(Index m, Index n, Index count, const float* values) override {
        optimizer_.move(kernel_, (m + shift_) * stride_ + n, count, values);
    }

  private:
    const Parameter& kernel_;
    Index stride_;
    const Optimizer& optimizer_;
    Index shift_;
};

// The bias hears from every row: thread `part` of `parts` sums its columns of dy and moves its part of the bias.
void learn_bias(const Parameter& bias, const float* dy, Index rows, Index width, const Optimizer& optimizer, Index part,
                Index parts);

}  // namespace pellucid::PELLUCID_ISA
