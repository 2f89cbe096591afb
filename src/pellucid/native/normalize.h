// BatchNormalization and LayerNormalization over the last axis: the formulas and their slopes are those of
// pellucid/layers/batch_normalization.py and layer_normalization.py.
#pragma once

#include "node.h"

namespace pellucid::PELLUCID_ISA {

struct Normalization {
    double epsilon;
    const Parameter* gamma;  // null when the layer has none
    const Parameter* beta;
    bool learn;
};

// What a batch normalization keeps of the batches before.
struct Averages {
    Parameter& mean;
    Parameter& variance;
    double momentum;
};

// While learning, the mean and variance of each channel are the batch's own: here samples meet, and so do threads. Each
// sample's share of a sum is computed by the thread that has the sample, and the shares are added up in the samples'
// order: results do not depend on the number of threads.
class BatchNorm final : public Node {
  public:
    // own    whether means and variances are the batch's own while learning, and move the averages
    BatchNorm(const Value& x, const Value& y, Normalization n, Averages averages, bool own)
        : x_(x), y_(y), n_(n), averages_(averages), own_(own) {}

    void make_room(Index samples, bool learning) override;
    bool in_pieces() const override { return false; }
    void forward(const Step& step, Range samples) override;
    void backward(const Step& step, Range samples) override;
    void learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) override;
    void carry(const Step& step, Index part, Index parts) override;

  private:
    bool meets(const Step& step) const { return own_ && step.learning; }
    void measure(const Step& step, Range samples);
    void add_up(Range channels, Index samples);

    const Value& x_;
    const Value& y_;
    Normalization n_;
    Averages averages_;
    bool own_;
    Buffer<float> normal_;          // (x - mean) / spread, by place
    Buffer<float> first_, second_;  // by sample: its mean and Σ (x - its mean)²; on the way back Σ dy and Σ dy · normal
    Buffer<float> mean_, variance_, scale_, shift_;  // by channel; scale_ = 1 / spread
    Buffer<float> dbeta_, dgamma_;                   // by channel
};

class LayerNorm final : public Node {
  public:
    LayerNorm(const Value& x, const Value& y, Normalization n) : x_(x), y_(y), n_(n) {}

    void make_room(Index samples, bool learning) override;
    void forward(const Step& step, Range samples) override;
    void backward(const Step& step, Range samples) override;
    void learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) override;

  private:
    const Value& x_;
    const Value& y_;
    Normalization n_;
    Buffer<float> normal_, scale_;  // by place
};

}  // namespace pellucid::PELLUCID_ISA
