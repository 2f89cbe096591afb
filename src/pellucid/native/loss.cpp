#include "loss.h"

#include <cmath>

#include "activations.h"

namespace pellucid::PELLUCID_ISA {

namespace {

class SquaredError final : public Criterion {
  public:
    float judge(const float* target, const float* prediction, float* slope, Index width, float scale) const override {
        float total = 0;
        for (Index i = 0; i < width; i++) {
            float error = prediction[i] - target[i];
            total += error * error;
        }
        if (slope) {
            const float each = scale * 2 / width;
            map(prediction, target, slope, width, [=](Vec p, Vec t) { return (p - t) * each; });
        }
        return total / width;
    }
};

// Softmax and cross-entropy as one rule: dL/dsum = share · Σ target - target.
class CategoricalCrossentropy final : public Criterion {
  public:
    CategoricalCrossentropy(bool labels, double smoothing) : labels_(labels), smoothing_(smoothing) {}

    float judge(const float* target, const float* sums, float* slope, Index width, float scale) const override {
        static thread_local Buffer<float> shares, smoothed;
        float* share = shares.resize(width);
        const Shares found = softmax(sums, share, width);
        const float log_total = found.most + std::log(found.total);  // log Σ exp sums
        if (labels_) {
            const Index label = static_cast<Index>(*target);
            if (slope) {
                map(share, slope, width, [=](Vec p) { return p * scale; });
                slope[label] -= scale;
            }
            return log_total - sums[label];
        }
        if (smoothing_ != 0) {
            float* smooth = smoothed.resize(width);
            const float keep = static_cast<float>(1 - smoothing_), even = static_cast<float>(smoothing_ / width);
            map(target, smooth, width, [=](Vec t) { return t * keep + even; });
            target = smooth;
        }
        float weight = 0, loss = 0;
        for (Index i = 0; i < width; i++) {
            weight += target[i];
            loss += target[i] * (log_total - sums[i]);
        }
        if (slope) map(share, target, slope, width, [=](Vec p, Vec t) { return (p * weight - t) * scale; });
        return loss;
    }

  private:
    bool labels_;
    double smoothing_;
};

// Sigmoid and cross-entropy as one rule, averaged over the last axis: dL/dsum = (share - target) / width.
class BinaryCrossentropy final : public Criterion {
  public:
    explicit BinaryCrossentropy(double smoothing) : smoothing_(smoothing) {}

    float judge(const float* target, const float* sums, float* slope, Index width, float scale) const override {
        float total = 0;
        for (Index i = 0; i < width; i++) {
            float y = target[i];
            if (smoothing_ != 0) y = static_cast<float>(y * (1 - smoothing_) + 0.5 * smoothing_);
            const float x = sums[i], size = std::fabs(x), tail = std::exp(-size);
            total += std::log1p(tail) + (x > 0 ? 1 - y : y) * size;
            const float share = (x >= 0 ? 1 : tail) / (1 + tail);
            if (slope) slope[i] = (share - y) * scale / width;
        }
        return total / width;
    }

  private:
    double smoothing_;
};

Index peak(const float* x, Index count) {  // the first of equals
    Index best = 0;
    for (Index i = 1; i < count; i++) best = x[i] > x[best] ? i : best;
    return best;
}

class CategoricalAccuracy final : public Measure {
    double measure(const float* target, const float* prediction, Index width) const override {
        return peak(target, width) == peak(prediction, width);
    }
};

class SparseCategoricalAccuracy final : public Measure {
    double measure(const float* target, const float* prediction, Index width) const override {
        return static_cast<Index>(*target) == peak(prediction, width);
    }
    bool labels() const override { return true; }
};

class BinaryAccuracy final : public Measure {
  public:
    explicit BinaryAccuracy(double threshold) : threshold_(static_cast<float>(threshold)) {}

    double measure(const float* target, const float* prediction, Index width) const override {
        Index right = 0;
        for (Index i = 0; i < width; i++) right += (prediction[i] > threshold_ ? 1.0f : 0.0f) == target[i];
        return static_cast<double>(right) / static_cast<double>(width);
    }

  private:
    float threshold_;
};

class MeanError final : public Measure {
  public:
    explicit MeanError(bool squared) : squared_(squared) {}

    double measure(const float* target, const float* prediction, Index width) const override {
        float total = 0;
        for (Index i = 0; i < width; i++) {
            const float error = prediction[i] - target[i];
            total += squared_ ? error * error : std::fabs(error);
        }
        return total / width;
    }

  private:
    bool squared_;
};

}  // namespace

Criterion* make_criterion(const LossSettings& settings) {
    if (settings.kind == "mean_squared_error") return new SquaredError;
    if (settings.kind == "categorical_crossentropy") return new CategoricalCrossentropy(false, settings.label_smoothing);
    if (settings.kind == "sparse_categorical_crossentropy") return new CategoricalCrossentropy(true, 0);
    if (settings.kind == "binary_crossentropy") return new BinaryCrossentropy(settings.label_smoothing);
    return nullptr;
}

Measure* make_measure(const std::string& name, double threshold) {
    if (name == "categorical_accuracy") return new CategoricalAccuracy;
    if (name == "sparse_categorical_accuracy") return new SparseCategoricalAccuracy;
    if (name == "binary_accuracy") return new BinaryAccuracy(threshold);
    if (name == "mean_squared_error") return new MeanError(true);
    if (name == "mean_absolute_error") return new MeanError(false);
    return nullptr;
}

Loss::Loss(LossSettings settings, const Value& reads)
    : settings_(settings), reads_(reads), criterion_(make_criterion(settings)),
      labels_(settings.kind == "sparse_categorical_crossentropy") {}

void Loss::judge(const Step& step, const Targets& targets, Range samples, double* losses) const {
    const double each = 1 / divisor(step.samples);
    const Index stride = labels_ ? 1 : reads_.width;
    for (Index n = samples.first; n < samples.last; n++) {
        const float weight = targets.weights.empty() ? 1.0f : *targets.weights[n];
        const float scale = static_cast<float>(weight * each);
        double total = 0;
        for (Index i = 0; i < reads_.places; i++) {
            const Index m = n * reads_.places + i;
            float* slope = step.learning ? reads_.slope + m * reads_.width : nullptr;
            total += criterion_->judge(targets.rows[n] + i * stride, reads_.rows[m], slope, reads_.width, scale);
        }
        losses[n] = total * weight;
    }
}

}  // namespace pellucid::PELLUCID_ISA
