#include "merge.h"

namespace pellucid::PELLUCID_ISA {

namespace {

// Each knows how one more x joins what the ones before have come to, and dL/dx of x number i.

struct Sum {
    static Vec join(Vec y, Vec x) { return y + x; }
    static Vec slope(std::size_t, Vec dy) { return dy; }
};

struct Difference {
    static Vec join(Vec y, Vec x) { return y - x; }
    static Vec slope(std::size_t i, Vec dy) { return i == 0 ? dy : -dy; }
};

// The first of equals wins.
struct Largest {
    static Vec join(Vec y, Vec x) { return x > y ? x : y; }
};

struct Smallest {
    static Vec join(Vec y, Vec x) { return x < y ? x : y; }
};

class Merging : public Node {
  public:
    Merging(std::vector<const Value*> xs, const Value& y) : xs_(std::move(xs)), y_(y) {}

  protected:
    // Where sample n of x begins.
    static const float* sample(const Value& x, Index n) { return x.rows[n * x.places]; }

    std::vector<const Value*> xs_;
    const Value& y_;
};

template <class Function>
class Linear final : public Merging {
  public:
    Linear(std::vector<const Value*> xs, const Value& y, float scale) : Merging(std::move(xs), y), scale_(scale) {}

    void forward(const Step&, Range samples) override {
        const Index size = y_.size();
        for (Index n = samples.first; n < samples.last; n++) {
            float* y = y_.data + n * size;
            std::memcpy(y, sample(*xs_[0], n), size * sizeof(float));
            for (std::size_t i = 1; i < xs_.size(); i++) map(y, sample(*xs_[i], n), y, size, Function::join);
            const float scale = scale_;
            if (scale != 1) map(y, y, size, [=](Vec y) { return y * scale; });
        }
    }

    void backward(const Step&, Range samples) override {
        if (!y_.slope) return;
        const Index first = samples.first * y_.size(), count = samples.size() * y_.size();
        for (std::size_t i = 0; i < xs_.size(); i++) {
            if (!xs_[i]->slope) continue;
            const float scale = scale_;
            map(y_.slope + first, xs_[i]->slope + first, count,
                [=](Vec dy) { return Function::slope(i, dy) * scale; });
        }
    }

  private:
    float scale_;
};

class Product final : public Merging {
  public:
    using Merging::Merging;

    void forward(const Step&, Range samples) override {
        const Index size = y_.size();
        for (Index n = samples.first; n < samples.last; n++) {
            float* y = y_.data + n * size;
            std::memcpy(y, sample(*xs_[0], n), size * sizeof(float));
            for (std::size_t i = 1; i < xs_.size(); i++) {
                map(y, sample(*xs_[i], n), y, size, [](Vec y, Vec x) { return y * x; });
            }
        }
    }

    void backward(const Step&, Range samples) override {
        if (!y_.slope) return;
        const Index size = y_.size();
        for (std::size_t i = 0; i < xs_.size(); i++) {
            for (Index n = samples.first; xs_[i]->slope && n < samples.last; n++) {
                float* dx = xs_[i]->slope + n * size;
                std::memcpy(dx, y_.slope + n * size, size * sizeof(float));
                for (std::size_t j = 0; j < xs_.size(); j++) {
                    if (j != i) map(dx, sample(*xs_[j], n), dx, size, [](Vec dx, Vec x) { return dx * x; });
                }
            }
        }
    }
};

template <class Function>
class Extreme final : public Merging {
  public:
    using Merging::Merging;

    void forward(const Step&, Range samples) override {
        const Index size = y_.size();
        for (Index n = samples.first; n < samples.last; n++) {
            float* y = y_.data + n * size;
            std::memcpy(y, sample(*xs_[0], n), size * sizeof(float));
            for (std::size_t i = 1; i < xs_.size(); i++) map(y, sample(*xs_[i], n), y, size, Function::join);
        }
    }

    void backward(const Step&, Range samples) override {
        if (!y_.slope) return;
        static thread_local Buffer<float> memory;
        const Index size = y_.size();
        float* left = memory.resize(size);  // dy, where no x has been the largest yet
        for (Index n = samples.first; n < samples.last; n++) {
            const float* y = y_.data + n * size;
            std::memcpy(left, y_.slope + n * size, size * sizeof(float));
            for (const Value* each : xs_) {
                const float* x = sample(*each, n);
                float* dx = each->slope ? each->slope + n * size : nullptr;
                each_vector(size, [&](Index i, auto read, auto write) {
                    const Vec rest = read(left + i);
                    const auto here = read(x + i) == read(y + i);
                    if (dx) write(dx + i, here ? rest : Vec{});
                    write(left + i, here ? Vec{} : rest);
                });
            }
        }
    }
};

class Concatenate final : public Merging {
  public:
    Concatenate(std::vector<const Value*> xs, const Value& y, Index pieces) : Merging(std::move(xs), y), pieces_(pieces) {}

    void forward(const Step&, Range samples) override {
        for (Index n = samples.first; n < samples.last; n++) {
            float* to = y_.data + n * y_.size();
            for (Index piece = 0; piece < pieces_; piece++) {
                for (const Value* x : xs_) {
                    const Index count = x->size() / pieces_;
                    std::memcpy(to, sample(*x, n) + piece * count, count * sizeof(float));
                    to += count;
                }
            }
        }
    }

    void backward(const Step&, Range samples) override {
        if (!y_.slope) return;
        for (Index n = samples.first; n < samples.last; n++) {
            const float* from = y_.slope + n * y_.size();
            for (Index piece = 0; piece < pieces_; piece++) {
                for (const Value* x : xs_) {
                    const Index count = x->size() / pieces_;
                    if (x->slope) std::memcpy(x->slope + n * x->size() + piece * count, from, count * sizeof(float));
                    from += count;
                }
            }
        }
    }

  private:
    Index pieces_;
};

class Reverse final : public Node {
  public:
    Reverse(const Value& x, const Value& y) : x_(x), y_(y) {}

    void forward(const Step&, Range samples) override {
        const Index places = y_.places, width = y_.width;
        for (Index n = samples.first; n < samples.last; n++) {
            for (Index i = 0; i < places; i++) {
                std::memcpy(y_.data + (n * places + i) * width, x_.rows[n * places + places - 1 - i], width * sizeof(float));
            }
        }
    }

    void backward(const Step&, Range samples) override {
        if (!x_.slope || !y_.slope) return;
        const Index places = y_.places, width = y_.width;
        for (Index n = samples.first; n < samples.last; n++) {
            for (Index i = 0; i < places; i++) {
                std::memcpy(x_.slope + (n * places + places - 1 - i) * width, y_.slope + (n * places + i) * width,
                            width * sizeof(float));
            }
        }
    }

  private:
    const Value& x_;
    const Value& y_;
};

class GlobalMax final : public Node {
  public:
    GlobalMax(const Value& x, const Value& y) : x_(x), y_(y) {}

    void forward(const Step&, Range samples) override {
        const Index width = y_.width;
        for (Index n = samples.first; n < samples.last; n++) {
            const float* x = x_.rows[n * x_.places];
            float* y = y_.data + n * width;
            std::memcpy(y, x, width * sizeof(float));
            for (Index i = 1; i < x_.places; i++) {
                map(y, x + i * width, y, width, [](Vec most, Vec x) { return most == most ? at_least(x, most) : most; });
            }
        }
    }

    void backward(const Step&, Range samples) override {
        if (!x_.slope || !y_.slope) return;
        static thread_local Buffer<float> memory;
        const Index width = y_.width;
        float* part = memory.resize(width);
        for (Index n = samples.first; n < samples.last; n++) {
            const float *x = x_.rows[n * x_.places], *y = y_.data + n * width, *dy = y_.slope + n * width;
            float* dx = x_.slope + n * x_.size();
            std::memset(part, 0, width * sizeof(float));
            for (Index i = 0; i < x_.places; i++) {
                each_vector(width, [&](Index c, auto read, auto write) {
                    write(part + c, read(part + c) + (read(x + i * width + c) == read(y + c) ? all(1) : Vec{}));
                });
            }
            map(dy, part, part, width, [](Vec dy, Vec count) { return dy / count; });
            for (Index i = 0; i < x_.places; i++) {
                each_vector(width, [&](Index c, auto read, auto write) {
                    write(dx + i * width + c, read(x + i * width + c) == read(y + c) ? read(part + c) : Vec{});
                });
            }
        }
    }

  private:
    const Value& x_;
    const Value& y_;
};

}  // namespace

Node* make_merge(const std::string& name, std::vector<const Value*> xs, const Value& y) {
    const float share = 1 / static_cast<float>(xs.size());
    if (name == "add") return new Linear<Sum>(std::move(xs), y, 1);
    if (name == "average") return new Linear<Sum>(std::move(xs), y, share);
    if (name == "subtract") return new Linear<Difference>(std::move(xs), y, 1);
    if (name == "multiply") return new Product(std::move(xs), y);
    if (name == "maximum") return new Extreme<Largest>(std::move(xs), y);
    if (name == "minimum") return new Extreme<Smallest>(std::move(xs), y);
    return nullptr;
}

Node* make_concatenate(std::vector<const Value*> xs, const Value& y, Index pieces) {
    return new Concatenate(std::move(xs), y, pieces);
}

Node* make_reverse(const Value& x, const Value& y) { return new Reverse(x, y); }

Node* make_global_max(const Value& x, const Value& y) { return new GlobalMax(x, y); }

}  // namespace pellucid::PELLUCID_ISA
