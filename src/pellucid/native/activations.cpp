#include "activations.h"

#include <cmath>

#include "elementary.h"

namespace pellucid::PELLUCID_ISA {

namespace {

// Each knows y from x, and dy/dx from y.

struct Relu {
    static Vec value(Vec x) { return x < 0 ? Vec{} : x; }  // NaN stays NaN
    static Vec slope(Vec y) { return y > 0 ? all(1) : Vec{}; }
};

struct Sigmoid {
    static Vec value(Vec x) { return sigmoid(x); }
    static Vec slope(Vec y) { return y * (1 - y); }
};

struct Tanh {
    static Vec value(Vec x) { return tanh(x); }
    static Vec slope(Vec y) { return 1 - y * y; }
};

// An activation of each number by itself.
template <class Function>
class Elementwise final : public Node {
  public:
    Elementwise(const Value& x, const Value& y) : x_(x), y_(y) {}

    void forward(const Step&, Range samples) override {
        for (Index m = y_.places_of(samples).first; m < y_.places_of(samples).last; m++) {
            map(x_.rows[m], y_.data + m * y_.width, y_.width, Function::value);
        }
    }

    void backward(const Step&, Range samples) override {
        if (!x_.slope || !y_.slope) return;
        Index first = samples.first * y_.size(), count = samples.size() * y_.size();
        map(y_.data + first, y_.slope + first, x_.slope + first, count,
            [](Vec y, Vec dy) { return dy * Function::slope(y); });
    }

  private:
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

Node* make_activation(const std::string& name, const Value& x, const Value& y) {
    if (name == "relu") return new Elementwise<Relu>(x, y);
    if (name == "sigmoid") return new Elementwise<Sigmoid>(x, y);
    if (name == "tanh") return new Elementwise<Tanh>(x, y);
    if (name == "softmax") return new Softmax(x, y);
    return nullptr;
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
