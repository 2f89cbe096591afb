#include "activations.h"

#include <cmath>

#include "elementary.h"

namespace pellucid::PELLUCID_ISA {

namespace {

// Those that know y from x, and dy/dx from y.

struct Linear {
    Vec value(Vec x) const { return x; }
    Vec slope(Vec) const { return all(1); }
};

struct Relu {
    Vec value(Vec x) const { return at_least(x, Vec{}); }
    Vec slope(Vec y) const { return y > 0 ? all(1) : Vec{}; }
};

struct Relu6 {
    Vec value(Vec x) const { return at_most(at_least(x, Vec{}), all(6)); }
    Vec slope(Vec y) const { return y > 0 ? (y < 6 ? all(1) : Vec{}) : Vec{}; }
};

struct LeakyRelu {
    float below;
    Vec value(Vec x) const { return x > 0 ? x : below * x; }
    Vec slope(Vec y) const { return y > 0 ? all(1) : all(below); }
};

struct Elu {
    float alpha;
    Vec value(Vec x) const { return x > 0 ? x : alpha * exp_less_1(at_most(x, Vec{})); }
    Vec slope(Vec y) const { return y > 0 ? all(1) : y + alpha; }
};

struct Selu {
    static constexpr float SCALE = 1.0507009873554805f, BELOW = 1.0507009873554805f * 1.6732632423543772f;
    Vec value(Vec x) const { return x > 0 ? SCALE * x : BELOW * exp_less_1(at_most(x, Vec{})); }
    Vec slope(Vec y) const { return y > 0 ? all(SCALE) : y + BELOW; }
};

struct Sigmoid {
    Vec value(Vec x) const { return sigmoid(x); }
    Vec slope(Vec y) const { return y * (1 - y); }
};

struct HardSigmoid {
    Vec value(Vec x) const { return at_most(at_least(x / 6 + 0.5f, Vec{}), all(1)); }
    Vec slope(Vec y) const { return y > 0 ? (y < 1 ? all(1.0f / 6) : Vec{}) : Vec{}; }
};

struct Tanh {
    Vec value(Vec x) const { return tanh(x); }
    Vec slope(Vec y) const { return 1 - y * y; }
};

struct Softsign {
    Vec value(Vec x) const { return x / (1 + size_of(x)); }
    Vec slope(Vec y) const { return (1 - size_of(y)) * (1 - size_of(y)); }
};

struct Exponential {
    Vec value(Vec x) const { return exp(x); }
    Vec slope(Vec y) const { return y; }
};

// Those that know dy/dx from x.

struct Softplus {
    Vec value(Vec x) const { return at_least(x, Vec{}) + log_1_and(exp(-size_of(x))); }
    Vec slope(Vec x) const { return sigmoid(x); }
};

struct Silu {
    Vec value(Vec x) const { return at_least(x, all(-87.3f)) * sigmoid(x); }
    Vec slope(Vec x) const {
        const Vec share = sigmoid(x);
        return share + value(x) * (1 - share);
    }
};

struct Gelu {
    Vec value(Vec x) const { return x * bell_share(x); }
    Vec slope(Vec x) const {
        const Vec near = at_most(at_least(x, all(-40)), all(40));
        return bell_share(x) + near * exp(near * near * -0.5f) * 0.39894228040143268f;
    }
};

// gelu as in its paper's section 2.
struct GeluByTanh {
    static constexpr float STEEP = 0.79788456080286536f, BEND = 0.044715f;
    static Vec bent(Vec near) { return tanh(STEEP * near * (1 + BEND * near * near)); }
    Vec value(Vec x) const { return x * (0.5f + 0.5f * bent(at_most(at_least(x, all(-40)), all(40)))); }
    Vec slope(Vec x) const {
        const Vec near = at_most(at_least(x, all(-40)), all(40)), t = bent(near);
        return 0.5f + 0.5f * t + near * (1 - t * t) * (0.5f * STEEP) * (1 + 3 * BEND * near * near);
    }
};

// An activation of each number by itself.
template <class Function, bool FROM_X>
class Elementwise final : public Node {
  public:
    Elementwise(Function function, const Value& x, const Value& y) : function_(function), x_(x), y_(y) {}

    void forward(const Step&, Range samples) override {
        const Function function = function_;
        for (Index n = samples.first; n < samples.last; n++) {
            map(x_.rows[n * x_.places], y_.data + n * y_.size(), y_.size(), [=](Vec x) { return function.value(x); });
        }
    }

    void backward(const Step&, Range samples) override {
        if (!x_.slope || !y_.slope) return;
        const Function function = function_;
        for (Index n = samples.first; n < samples.last; n++) {
            const Index first = n * y_.size();
            const float* seen = FROM_X ? x_.rows[n * x_.places] : y_.data + first;
            map(seen, y_.slope + first, x_.slope + first, y_.size(),
                [=](Vec seen, Vec dy) { return dy * function.slope(seen); });
        }
    }

  private:
    Function function_;
    const Value& x_;
    const Value& y_;
};

// Shares of a whole, over the last axis:  dx = y (dy - Σ dy · y).
class Softmax final : public Node {
  public:
    Softmax(const Value& x, const Value& y) : x_(x), y_(y) {}

    void forward(const Step&, Range samples) override {
        for (Index m = y_.places_of(samples).first; m < y_.places_of(samples).last; m++) {
            softmax(x_.rows[m], y_.data + m * y_.width, y_.width);
        }
    }

    void backward(const Step&, Range samples) override {
        if (!x_.slope || !y_.slope) return;
        for (Index m = y_.places_of(samples).first; m < y_.places_of(samples).last; m++) {
            const float *y = y_.data + m * y_.width, *dy = y_.slope + m * y_.width;
            float mean = 0;
            for (Index i = 0; i < y_.width; i++) mean += dy[i] * y[i];
            map(y, dy, x_.slope + m * y_.width, y_.width, [=](Vec y, Vec dy) { return y * (dy - mean); });
        }
    }

  private:
    const Value& x_;
    const Value& y_;
};

}  // namespace

Node* make_activation(const std::string& name, float setting, const Value& x, const Value& y) {
    auto from_y = [&](auto function) -> Node* { return new Elementwise<decltype(function), false>(function, x, y); };
    auto from_x = [&](auto function) -> Node* { return new Elementwise<decltype(function), true>(function, x, y); };
    if (name == "relu") return from_y(Relu{});
    if (name == "relu6") return from_y(Relu6{});
    if (name == "leaky_relu") return from_y(LeakyRelu{setting});
    if (name == "elu") return from_y(Elu{setting});
    if (name == "selu") return from_y(Selu{});
    if (name == "sigmoid") return from_y(Sigmoid{});
    if (name == "hard_sigmoid") return from_y(HardSigmoid{});
    if (name == "tanh") return from_y(Tanh{});
    if (name == "softsign") return from_y(Softsign{});
    if (name == "exponential") return from_y(Exponential{});
    if (name == "softplus") return from_x(Softplus{});
    if (name == "silu") return from_x(Silu{});
    if (name == "gelu") return from_x(Gelu{});
    if (name == "gelu_by_tanh") return from_x(GeluByTanh{});
    if (name == "softmax") return new Softmax(x, y);
    return nullptr;
}

bool slopes_from_x(const std::string& name) {
    return name == "softplus" || name == "silu" || name == "gelu" || name == "gelu_by_tanh";
}

namespace {

template <class Function>
Curve curve() {
    return {[](const float* x, float* y, Index count) { map(x, y, count, [](Vec x) { return Function{}.value(x); }); },
            [](const float* y, const float* dy, float* dx, Index count) {
                map(y, dy, dx, count, [](Vec y, Vec dy) { return dy * Function{}.slope(y); });
            }};
}

}  // namespace

Curve curve_of(const std::string& name) {
    if (name == "linear") return curve<Linear>();
    if (name == "relu") return curve<Relu>();
    if (name == "sigmoid") return curve<Sigmoid>();
    if (name == "tanh") return curve<Tanh>();
    return {};
}

Shares softmax(const float* x, float* y, Index count) {
    float most = x[0];
    for (Index i = 1; i < count; i++) most = most < x[i] ? x[i] : most;
    map(x, y, count, [=](Vec x) { return exp(x - most); });
    float total = 0;
    for (Index i = 0; i < count; i++) total += y[i];
    map(y, y, count, [=](Vec e) { return e / total; });
    return {most, total};
}

}  // namespace pellucid::PELLUCID_ISA
