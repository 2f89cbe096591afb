// Optimizers: how some consecutive numbers of a parameter move, once their gradient is known.
//
// The formulas, settings and names are those of pellucid/optimizers/. Constants are computed in double: in float32,
// 1 - 0.999 is already wrong in the fifth digit.
#pragma once

#include <vector>

#include "memory.h"

namespace pellucid::PELLUCID_ISA {

inline constexpr Index MOST_SLOTS = 3;

// A parameter with the optimizer's memory of it. `from` is read and `to` is written; they may be the same.
struct Parameter {
    Index size = 0;
    const float* from = nullptr;
    float* to = nullptr;
    const float* slots_from[MOST_SLOTS] = {};
    float* slots_to[MOST_SLOTS] = {};
    double decay = 0;  // weight decay, per unit of the rate
};

class Optimizer {
  public:
    virtual ~Optimizer() = default;

    // How many numbers it remembers of each number of a parameter.
    virtual Index slots() const = 0;

    // What is the same for all numbers of this update: called once, before the moves.
    virtual void begin(Index number, double rate) = 0;

    // These numbers move soon: brings them nearer.
    void expect(const Parameter& p, Index at, Index count) const {
        for (Index i = at; i < at + count; i += CACHE_LINE / static_cast<Index>(sizeof(float))) {
            __builtin_prefetch(p.from + i);
            for (Index s = 0; s < slots(); s++) __builtin_prefetch(p.slots_from[s] + i);
        }
    }

    // Numbers `at` … `at + count` of the parameter move.
    virtual void move(const Parameter& p, Index at, Index count, const float* grad) const = 0;
};

struct SgdSettings {
    double momentum;
    bool nesterov;
};

struct AdamSettings {
    double beta_1, beta_2, epsilon;
    bool amsgrad;
};

struct RmspropSettings {
    double rho, momentum, epsilon;
    bool centered;
};

// Moves nothing: writes the gradient to where the parameter would have been written.
Optimizer* make_gradient();

// Moves whole parameters whose gradients are known, each thread its share of every one.
void move_all(Optimizer& optimizer, const std::vector<Parameter>& parameters, const std::vector<const float*>& grads,
              Index number, double rate);

Optimizer* make_sgd(SgdSettings settings);
Optimizer* make_adam(AdamSettings settings);
Optimizer* make_rmsprop(RmspropSettings settings);

}  // namespace pellucid::PELLUCID_ISA
