#include "optimizer.h"

#include <cmath>

#include "threads.h"

namespace pellucid::PELLUCID_ISA {

namespace {

PELLUCID_INLINE Vec root(Vec x) {
    for (Index i = 0; i < LANES; i++) x[i] = __builtin_sqrtf(x[i]);
    return x;
}

// keep · old + (1 - keep) · now, as one step from old towards now.
PELLUCID_INLINE Vec blend(Vec old, Vec now, float less_keep) { return (now - old) * less_keep + old; }

// Runs rule(param, grad, slots) over numbers `at` … `at + count`, vector by vector; the rule changes param and slots.
template <Index SLOTS, class Rule>
PELLUCID_INLINE void for_each(const Parameter& p, Index at, Index count, const float* grad, double rate, Rule rule) {
    const float shrink = static_cast<float>(p.decay * rate);
    each_vector(count, [&](Index i, auto read, auto write) {
        Vec slots[SLOTS + 1];  // one too many, since none at all is no array
        for (Index s = 0; s < SLOTS; s++) slots[s] = read(p.slots_from[s] + at + i);
        Vec param = read(p.from + at + i);
        if (shrink != 0) param -= param * shrink;
        rule(param, read(grad + i), slots);
        write(p.to + at + i, param);
        for (Index s = 0; s < SLOTS; s++) write(p.slots_to[s] + at + i, slots[s]);
    });
}

class Sgd final : public Optimizer {
  public:
    explicit Sgd(SgdSettings settings) : settings_(settings) {}

    Index slots() const override { return settings_.momentum != 0 ? 1 : 0; }

    void begin(Index, double rate) override { rate_ = rate; }

    void move(const Parameter& p, Index at, Index count, const float* grad) const override {
        const float rate = static_cast<float>(rate_), momentum = static_cast<float>(settings_.momentum);
        if (settings_.momentum == 0) {
            for_each<0>(p, at, count, grad, rate_, [=](Vec& param, Vec g, Vec*) { param -= rate * g; });
        } else if (settings_.nesterov) {
            for_each<1>(p, at, count, grad, rate_, [=](Vec& param, Vec g, Vec* velocity) {
                velocity[0] = momentum * velocity[0] - rate * g;
                param += momentum * velocity[0] - rate * g;
            });
        } else {
            for_each<1>(p, at, count, grad, rate_, [=](Vec& param, Vec g, Vec* velocity) {
                velocity[0] = momentum * velocity[0] - rate * g;
                param += velocity[0];
            });
        }
    }

  private:
    SgdSettings settings_;
    double rate_ = 0;
};

class Adam final : public Optimizer {
  public:
    explicit Adam(AdamSettings settings) : settings_(settings) {}

    Index slots() const override { return settings_.amsgrad ? 3 : 2; }

    void begin(Index number, double rate) override {
        plain_rate_ = rate;
        rate_ = rate * std::sqrt(one_less_power(settings_.beta_2, number + 1)) / one_less_power(settings_.beta_1, number + 1);
    }

    void move(const Parameter& p, Index at, Index count, const float* grad) const override {
        const float rate = static_cast<float>(rate_), epsilon = static_cast<float>(settings_.epsilon);
        const float less_1 = static_cast<float>(1 - settings_.beta_1), less_2 = static_cast<float>(1 - settings_.beta_2);
        auto average = [=](Vec g, Vec* slots) {
            slots[0] = blend(slots[0], g, less_1);
            slots[1] = blend(slots[1], g * g, less_2);
        };
        if (settings_.amsgrad) {
            for_each<3>(p, at, count, grad, plain_rate_, [=](Vec& param, Vec g, Vec* slots) {
                average(g, slots);
                slots[2] = at_least(slots[1], slots[2]);
                param -= slots[0] * rate / (root(slots[2]) + epsilon);
            });
        } else {
            for_each<2>(p, at, count, grad, plain_rate_, [=](Vec& param, Vec g, Vec* slots) {
                average(g, slots);
                param -= slots[0] * rate / (root(slots[1]) + epsilon);
            });
        }
    }

  private:
    // 1 - βᵗ, to full precision.
    static double one_less_power(double beta, Index t) { return beta == 0 ? 1 : -std::expm1(t * std::log(beta)); }

    AdamSettings settings_;
    double plain_rate_ = 0, rate_ = 0;
};

class Rmsprop final : public Optimizer {
  public:
    explicit Rmsprop(RmspropSettings settings) : settings_(settings) {}

    // In this order: the average of squares, then momentum, then the average itself, as far as there are any.
    Index slots() const override { return 1 + (settings_.momentum != 0) + settings_.centered; }

    void begin(Index, double rate) override { rate_ = rate; }

    void move(const Parameter& p, Index at, Index count, const float* grad) const override {
        if (settings_.momentum != 0) {
            settings_.centered ? run<true, true>(p, at, count, grad) : run<true, false>(p, at, count, grad);
        } else {
            settings_.centered ? run<false, true>(p, at, count, grad) : run<false, false>(p, at, count, grad);
        }
    }

  private:
    template <bool MOMENTUM, bool CENTERED>
    void run(const Parameter& p, Index at, Index count, const float* grad) const {
        const float rate = static_cast<float>(rate_), momentum = static_cast<float>(settings_.momentum);
        const float less_rho = static_cast<float>(1 - settings_.rho), epsilon = static_cast<float>(settings_.epsilon);
        for_each<1 + MOMENTUM + CENTERED>(p, at, count, grad, rate_, [=](Vec& param, Vec g, Vec* slots) {
            slots[0] = blend(slots[0], g * g, less_rho);
            Vec scatter = slots[0];
            if constexpr (CENTERED) {
                Vec& average = slots[1 + MOMENTUM];
                average = blend(average, g, less_rho);
                scatter -= average * average;
            }
            Vec step = rate * g / root(scatter + epsilon);
            if constexpr (MOMENTUM) step = slots[1] = momentum * slots[1] + step;
            param -= step;
        });
    }

    RmspropSettings settings_;
    double rate_ = 0;
};

class Gradient final : public Optimizer {
  public:
    Index slots() const override { return 0; }
    void begin(Index, double) override {}
    void move(const Parameter& p, Index at, Index count, const float* grad) const override {
        std::memcpy(p.to + at, grad, count * sizeof(float));
    }
};

}  // namespace

void move_all(Optimizer& optimizer, const std::vector<Parameter>& parameters, const std::vector<const float*>& grads,
              Index number, double rate) {
    constexpr Index WORTH_SHARING = 1 << 17;  // numbers
    Index count = 0;
    for (const Parameter& p : parameters) count += p.size;
    optimizer.begin(number, rate);
    Pool::shared().run(count > WORTH_SHARING, [&](Team& team, int thread) {
        for (std::size_t i = 0; i < parameters.size(); i++) {
            const Range mine = share(parameters[i].size, thread, team.size, LANES);
            if (mine.size() > 0) optimizer.move(parameters[i], mine.first, mine.size(), grads[i] + mine.first);
        }
    });
}

Optimizer* make_gradient() { return new Gradient; }
Optimizer* make_sgd(SgdSettings settings) { return new Sgd(settings); }
Optimizer* make_adam(AdamSettings settings) { return new Adam(settings); }
Optimizer* make_rmsprop(RmspropSettings settings) { return new Rmsprop(settings); }

}  // namespace pellucid::PELLUCID_ISA
