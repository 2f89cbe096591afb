#include "lstm.h"

#include "elementary.h"
#include "sinks.h"

namespace pellucid::PELLUCID_ISA {

namespace {

// Adds C to rows that may lie anywhere.
class Adding final : public Sink {
  public:
    explicit Adding(float* const* rows) : rows_(rows) {}

    void take(Index m, Index n, Index count, const float* values) override {
        float* to = rows_[m] + n;
        map(to, values, to, count, [](Vec old, Vec more) { return old + more; });
    }

  private:
    float* const* rows_;
};

}  // namespace

void Lstm::make_room(Index samples, bool learning) {
    const Index rows = samples * times_;
    sums_.resize(rows * 4 * units_);
    inner_.resize(rows * units_), squashed_.resize(rows * units_), outputs_.resize(rows * units_);
    nothing_.resize(units_);
    if (learning) doutput_.resize(samples * units_), dinner_.resize(samples * units_);
    sum_rows_.resize(rows), before_.resize(rows);
    for (Index m = 0; m < rows; m++) {
        sum_rows_[m] = sums(m);
        before_[m] = m % times_ == 0 ? nothing_.data() : output(m - 1);
    }
}

void Lstm::forward(const Step&, Range samples) {
    static thread_local std::vector<const float*> from;
    static thread_local std::vector<float*> to;
    static thread_local Buffer<float> packed;
    const Index width = 4 * units_;
    const Range rows{row(samples.first, 0), row(samples.last, 0)};
    const Right kernel{p_.kernel.from, width};
    if (p_.bias) {
        Biased sink(sums_.data(), width, p_.bias->from);
        multiply({x_.rows.data()}, kernel, rows, width, x_.width, sink);
    } else {
        Matrix sink(sums_.data(), width);
        multiply({x_.rows.data()}, kernel, rows, width, x_.width, sink);
    }
    const Right recurrent = pack({p_.recurrent_kernel.from, width}, width, units_, packed);
    from.resize(samples.size()), to.resize(samples.size());
    for (Index time = 0; time < times_; time++) {
        for (Index i = 0; i < samples.size(); i++) {
            const Index m = row(samples.first + i, time);
            from[i] = before_[m], to[i] = sums(m);
        }
        Adding sink(to.data());
        if (time > 0) multiply({from.data()}, recurrent, {0, samples.size()}, width, units_, sink);
        for (Index n = samples.first; n < samples.last; n++) {
            const Index m = row(n, time);
            step(m, time == 0 ? nothing_.data() : inner_.data() + (m - 1) * units_);
            if (y_.places > 1) std::memcpy(y_.data + m * units_, output(m), units_ * sizeof(float));
        }
    }
    for (Index n = samples.first; n < samples.last && y_.places == 1; n++) {
        std::memcpy(y_.data + n * units_, output(row(n, times_ - 1)), units_ * sizeof(float));
    }
}

// From the sums to the gates, the inner state and the output of one sample at one time step.
void Lstm::step(Index m, const float* inner_before) {
    float *z = sums(m), *inner = inner_.data() + m * units_, *squashed = squashed_.data() + m * units_, *h = output(m);
    each_vector(units_, [&](Index u, auto read, auto write) {
        const Vec i = sigmoid(read(z + u)), f = sigmoid(read(z + units_ + u));
        const Vec g = tanh(read(z + 2 * units_ + u)), o = sigmoid(read(z + 3 * units_ + u));
        const Vec c = f * read(inner_before + u) + i * g, t = tanh(c);
        write(z + u, i), write(z + units_ + u, f), write(z + 2 * units_ + u, g), write(z + 3 * units_ + u, o);
        write(inner + u, c), write(squashed + u, t), write(h + u, o * t);
    });
}

void Lstm::backward(const Step&, Range samples) {
    if (!y_.slope) return;
    static thread_local std::vector<const float*> from;
    static thread_local std::vector<float*> to;
    static thread_local Buffer<float> packed;
    const Index width = 4 * units_;
    const Right back = pack({p_.recurrent_kernel.from, width, true}, units_, width, packed);
    from.resize(samples.size()), to.resize(samples.size());
    for (Index n = samples.first; n < samples.last; n++) {
        std::memset(dinner_.data() + n * units_, 0, units_ * sizeof(float));
        std::memset(doutput_.data() + n * units_, 0, units_ * sizeof(float));
        to[n - samples.first] = doutput_.data() + n * units_;
    }
    for (Index time = times_ - 1; time >= 0; time--) {
        for (Index n = samples.first; n < samples.last; n++) {
            const Index m = row(n, time);
            float* dh = to[n - samples.first];
            const float* dy = y_.places > 1 ? y_.slope + m * units_ : time == times_ - 1 ? y_.slope + n * units_ : nullptr;
            if (dy) map(dh, dy, dh, units_, [](Vec old, Vec more) { return old + more; });
            step_back(n, time, time == 0 ? nothing_.data() : inner_.data() + (m - 1) * units_);
            std::memset(dh, 0, units_ * sizeof(float));
            from[n - samples.first] = sums(m);
        }
        Adding sink(to.data());
        if (time > 0) multiply({from.data()}, back, {0, samples.size()}, units_, width, sink);
    }
    if (x_.slope) {
        Matrix sink(x_.slope, x_.width);
        const Range rows{row(samples.first, 0), row(samples.last, 0)};
        multiply({sum_rows_.data()}, {p_.kernel.from, width, true}, rows, x_.width, width, sink);
    }
}

// From dL/d(output) and dL/d(inner state) after a time step to dL/dsums, in the gates' place, and to dL/d(inner state)
// before it.
void Lstm::step_back(Index sample, Index time, const float* inner_before) {
    const Index m = row(sample, time);
    float *z = sums(m), *dinner = dinner_.data() + sample * units_;
    const float *squashed = squashed_.data() + m * units_, *doutput = doutput_.data() + sample * units_;
    each_vector(units_, [&](Index u, auto read, auto write) {
        const Vec i = read(z + u), f = read(z + units_ + u), g = read(z + 2 * units_ + u), o = read(z + 3 * units_ + u);
        const Vec t = read(squashed + u), dh = read(doutput + u);
        const Vec dc = read(dinner + u) + dh * o * (1 - t * t);
        write(z + u, dc * g * i * (1 - i));
        write(z + units_ + u, dc * read(inner_before + u) * f * (1 - f));
        write(z + 2 * units_ + u, dc * i * (1 - g * g));
        write(z + 3 * units_ + u, dh * t * o * (1 - o));
        write(dinner + u, dc * f);
    });
}

void Lstm::learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) {
    if (!p_.learn || !y_.slope) return;
    const Index rows = step.samples * times_, width = 4 * units_;
    const Right dsums{sums_.data(), width};
    Learning kernel(p_.kernel, width, optimizer), recurrent(p_.recurrent_kernel, width, optimizer);
    multiply({x_.rows.data(), true}, dsums, share(x_.width, parts - 1 - part, parts, TILE_ROWS), width, rows, kernel);
    multiply({before_.data(), true}, dsums, share(units_, part, parts, TILE_ROWS), width, rows, recurrent);
    if (p_.bias) learn_bias(*p_.bias, sums_.data(), rows, width, optimizer, part, parts);
}

}  // namespace pellucid::PELLUCID_ISA
