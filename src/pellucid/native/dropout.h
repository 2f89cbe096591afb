// Dropout: the formula is that of pellucid/layers/dropout.py, and so are the bits of its masks.
#pragma once

#include "node.h"

namespace pellucid::PELLUCID_ISA {

class Dropout final : public Node {
  public:
    // number    its place among the nodes that draw
    Dropout(const Value& x, const Value& y, double rate, std::uint32_t number)
        : x_(x), y_(y), rate_(static_cast<float>(rate)), scale_(static_cast<float>(1 / (1 - rate))), number_(number) {}

    void make_room(Index samples, bool learning) override {
        if (learning) factors_.resize(samples * y_.size());
    }

    void forward(const Step& step, Range samples) override {
        for (Index n = samples.first; n < samples.last; n++) {
            float* factors = factors_.data() + n * y_.size();
            if (step.key) draw(step, n, factors);
            const float* x = x_.rows[n * x_.places];
            float* y = y_.data + n * y_.size();
            if (step.key) {
                map(x, factors, y, y_.size(), [](Vec x, Vec factor) { return x * factor; });
            } else if (x != y) {
                std::memcpy(y, x, y_.size() * sizeof(float));
            }
        }
    }

    void backward(const Step& step, Range samples) override {
        if (!x_.slope || !y_.slope) return;
        const Index first = samples.first * y_.size(), count = samples.size() * y_.size();
        if (step.key) {
            map(y_.slope + first, factors_.data() + first, x_.slope + first, count,
                [](Vec dy, Vec factor) { return dy * factor; });
        } else if (x_.slope != y_.slope) {
            std::memcpy(x_.slope + first, y_.slope + first, count * sizeof(float));
        }
    }

  private:
    // What each number of a sample is multiplied by. The first half of a batch takes the first words of the cipher, the
    // second half the second words.
    void draw(const Step& step, Index sample, float* factors) const {
        const Key key = fold_in(*step.key, number_);
        const Index half = (step.samples * y_.size() + 1) / 2;
        for (Index i = 0; i < y_.size(); i++) {
            const Index place = sample * y_.size() + i;
            const Key drawn = threefry(key, 1, static_cast<std::uint32_t>(place < half ? place : place - half));
            const float uniform = static_cast<float>((place < half ? drawn.high : drawn.low) >> 8) * 0x1p-24f;
            factors[i] = uniform >= rate_ ? scale_ : 0.0f;
        }
    }

    const Value& x_;
    const Value& y_;
    float rate_, scale_;
    std::uint32_t number_;
    Buffer<float> factors_;
};

}  // namespace pellucid::PELLUCID_ISA
