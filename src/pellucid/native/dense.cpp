#include "dense.h"

namespace pellucid::PELLUCID_ISA {

namespace {

// Writes C + bias.
class Biased final : public Sink {
  public:
    Biased(float* data, Index stride, const float* bias) : data_(data), stride_(stride), bias_(bias) {}

    void take(Index m, Index n, Index count, const float* values) override {
        map(values, bias_ + n, data_ + m * stride_ + n, count, [](Vec sum, Vec bias) { return sum + bias; });
    }

  private:
    float* data_;
    Index stride_;
    const float* bias_;
};

// Hands each piece of the gradient to the optimizer as soon as it is known: it is never written down.
class Learning final : public Sink {
  public:
    Learning(const Parameter& kernel, Index stride, const Optimizer& optimizer)
        : kernel_(kernel), stride_(stride), optimizer_(optimizer) {}

    void expect(Range rows, Index n, Index count) override {
        for (Index m = rows.first; m < rows.last; m++) optimizer_.expect(kernel_, m * stride_ + n, count);
    }

    void take(Index m, Index n, Index count, const float* values) override {
        optimizer_.move(kernel_, m * stride_ + n, count, values);
    }

  private:
    const Parameter& kernel_;
    Index stride_;
    const Optimizer& optimizer_;
};

// Σ over the rows of a matrix, of some of its columns.
void sum_rows(const float* data, Index rows, Index stride, Range columns, float* total) {
    Index n = columns.first;
    for (; n + LANES <= columns.last; n += LANES) {
        Vec sum{};
        for (Index m = 0; m < rows; m++) sum += load(data + m * stride + n);
        store(total + n - columns.first, sum);
    }
    for (; n < columns.last; n++) {
        float sum = 0;
        for (Index m = 0; m < rows; m++) sum += data[m * stride + n];
        total[n - columns.first] = sum;
    }
}

}  // namespace

void Dense::forward(const Step& step, Range samples) {
    Left x{x_.rows.data(), false, x_.data || x_.places > 1 ? nullptr : step.next_inputs};
    Right kernel{kernel_.from, y_.width};
    if (bias_) {
        Biased sink(y_.data, y_.width, bias_->from);
        multiply(x, kernel, y_.places_of(samples), y_.width, x_.width, sink);
    } else {
        Matrix sink(y_.data, y_.width);
        multiply(x, kernel, y_.places_of(samples), y_.width, x_.width, sink);
    }
}

void Dense::backward(const Step&, Range samples) {
    if (!x_.slope || !y_.slope) return;
    Range places = y_.places_of(samples);
    static thread_local std::vector<const float*> rows;
    rows.resize(places.last);
    for (Index m = places.first; m < places.last; m++) rows[m] = y_.slope + m * y_.width;
    Matrix sink(x_.slope, x_.width);
    multiply({rows.data()}, {kernel_.from, y_.width, true}, places, x_.width, y_.width, sink);
}

void Dense::learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) {
    if (!learns_ || !y_.slope) return;
    Index places = step.samples * y_.places;
    Learning sink(kernel_, y_.width, optimizer);
    Range inputs = share(x_.width, part, parts, TILE_ROWS);
    multiply({x_.rows.data(), true}, {y_.slope, y_.width}, inputs, y_.width, places, sink);
    if (bias_) {
        static thread_local Buffer<float> total;
        Range outputs = share(y_.width, part, parts, LANES);
        sum_rows(y_.slope, places, y_.width, outputs, total.resize(y_.width));
        optimizer.move(*bias_, outputs.first, outputs.size(), total.data());
    }
}

}  // namespace pellucid::PELLUCID_ISA
