#include "pool.h"

namespace pellucid::PELLUCID_ISA {

namespace {

// Of each channel the largest number, NaN above all. Its slope goes to the first place that has it.
class MaxPool final : public Node {
  public:
    MaxPool(const Value& x, const Value& y, Window window) : x_(x), y_(y), window_(window) {}

    void forward(const Step&, Range samples) override {
        for (Index n = samples.first; n < samples.last; n++) {
            const float* image = x_.rows[n * x_.places];
            for (Index i = 0; i < y_.places; i++) {
                float* y = y_.data + (n * y_.places + i) * y_.width;
                bool first = true;
                each_place(window_, i, [&](Index place) {
                    const float* x = image + place * x_.width;
                    if (first) {
                        std::memcpy(y, x, y_.width * sizeof(float));
                    } else {
                        map(y, x, y, y_.width, [](Vec most, Vec x) { return (x > most) | (x != x) ? x : most; });
                    }
                    first = false;
                });
            }
        }
    }

    void backward(const Step&, Range samples) override {
        if (!x_.slope || !y_.slope) return;
        static thread_local Buffer<float> left_buffer;
        float* left = left_buffer.resize(y_.width);  // dy of the channels whose largest number has not come yet
        for (Index n = samples.first; n < samples.last; n++) {
            const float* image = x_.rows[n * x_.places];
            float* slope = x_.slope + n * x_.size();
            std::memset(slope, 0, x_.size() * sizeof(float));
            for (Index i = 0; i < y_.places; i++) {
                const Index m = n * y_.places + i;
                const float* y = y_.data + m * y_.width;
                std::memcpy(left, y_.slope + m * y_.width, y_.width * sizeof(float));
                each_place(window_, i, [&](Index place) { settle(image + place * x_.width, y, left, slope + place * x_.width); });
            }
        }
    }

  private:
    // Where x is the window's largest number, what is left of dy goes to dx.
    void settle(const float* x, const float* y, float* left, float* dx) const {
        Index c = 0;
        for (; c + LANES <= x_.width; c += LANES) {
            const Vec rest = load(left + c);
            const auto here = load(x + c) == load(y + c);
            store(dx + c, load(dx + c) + (here ? rest : Vec{}));
            store(left + c, here ? Vec{} : rest);
        }
        for (; c < x_.width; c++) {
            if (x[c] == y[c]) dx[c] += left[c], left[c] = 0;
        }
    }

    const Value& x_;
    const Value& y_;
    Window window_;
};

// Of each channel the mean of the places that are on the image.
class AveragePool final : public Node {
  public:
    AveragePool(const Value& x, const Value& y, Window window) : x_(x), y_(y), window_(window) {
        for (Index i = 0; i < window.places(); i++) {
            Index count = 0;
            each_place(window, i, [&](Index) { count++; });
            counts_.push_back(static_cast<float>(count));
        }
    }

    void forward(const Step&, Range samples) override {
        for (Index n = samples.first; n < samples.last; n++) {
            const float* image = x_.rows[n * x_.places];
            for (Index i = 0; i < y_.places; i++) {
                float* y = y_.data + (n * y_.places + i) * y_.width;
                std::memset(y, 0, y_.width * sizeof(float));
                each_place(window_, i, [&](Index place) {
                    map(y, image + place * x_.width, y, y_.width, [](Vec sum, Vec x) { return sum + x; });
                });
                const float count = counts_[i];
                map(y, y, y_.width, [=](Vec sum) { return sum / count; });
            }
        }
    }

    void backward(const Step&, Range samples) override {
        if (!x_.slope || !y_.slope) return;
        for (Index n = samples.first; n < samples.last; n++) {
            float* slope = x_.slope + n * x_.size();
            std::memset(slope, 0, x_.size() * sizeof(float));
            for (Index i = 0; i < y_.places; i++) {
                const float* dy = y_.slope + (n * y_.places + i) * y_.width;
                const float count = counts_[i];
                each_place(window_, i, [&](Index place) {
                    float* dx = slope + place * x_.width;
                    map(dx, dy, dx, x_.width, [=](Vec old, Vec dy) { return old + dy / count; });
                });
            }
        }
    }

  private:
    const Value& x_;
    const Value& y_;
    Window window_;
    std::vector<float> counts_;
};

}  // namespace

Node* make_pool(const Value& x, const Value& y, Window window, bool largest) {
    if (largest) return new MaxPool(x, y, window);
    return new AveragePool(x, y, window);
}

}  // namespace pellucid::PELLUCID_ISA
