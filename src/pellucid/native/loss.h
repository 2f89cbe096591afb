// Losses and metrics of a batch. The formulas are those of pellucid/losses/ and pellucid/metrics/.
#pragma once

#include <memory>
#include <string>

#include "node.h"

namespace pellucid::PELLUCID_ISA {

// What the outputs are compared with: numbers shaped like them, or one class number a place.
struct Targets {
    std::vector<const float*> rows;     // where those of each sample of the batch begin
    std::vector<const float*> weights;  // of each sample; empty when all count alike
};

struct LossSettings {
    std::string kind;             // see loss.cpp
    bool mean = true;             // over the batch's places; else the sum
    double label_smoothing = 0;
};

// How one row of predictions is judged.
class Criterion {
  public:
    virtual ~Criterion() = default;

    // The loss of one place; `slope`, unless it is null, becomes scale · dloss/dprediction.
    virtual float judge(const float* target, const float* prediction, float* slope, Index width, float scale) const = 0;
};

class Loss {
  public:
    // reads   what the loss is computed from: the network's output, or the sums before a fused activation
    Loss(LossSettings settings, const Value& reads);

    // Losses of these samples into `losses` (one number a sample), and dL/dvalue.
    void judge(const Step& step, const Targets& targets, Range samples, double* losses) const;

    // What the sum of the samples' losses is divided by.
    double divisor(Index samples) const { return settings_.mean ? static_cast<double>(samples * reads_.places) : 1; }

    // Numbers in the target of one sample.
    Index target_size() const { return labels_ ? reads_.places : reads_.size(); }

  private:
    LossSettings settings_;
    const Value& reads_;
    std::unique_ptr<Criterion> criterion_;
    bool labels_;  // targets are class numbers
};

// The mean of something over all samples, as the log shows it.
class Measure {
  public:
    virtual ~Measure() = default;

    // What one place adds.
    virtual double measure(const float* target, const float* prediction, Index width) const = 0;

    // Whether targets are class numbers.
    virtual bool labels() const { return false; }
};

// Null for a name that there is no kernel for.
Criterion* make_criterion(const LossSettings& settings);
Measure* make_measure(const std::string& name, double threshold);

}  // namespace pellucid::PELLUCID_ISA
