#include "recurrent.h"

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

// The numbers of a parameter from `offset` on, as a parameter.
Parameter from(const Parameter& whole, Index offset) {
    Parameter part = whole;
    part.from += offset, part.to += offset;
    for (Index s = 0; s < MOST_SLOTS && part.slots_from[s]; s++) part.slots_from[s] += offset, part.slots_to[s] += offset;
    return part;
}

}  // namespace

void Recurrent::make_room(Index samples, bool learning) {
    const Index rows = samples * times_;
    sums_.resize(rows * sums_count_), outputs_.resize(rows * units_);
    if (apart()) inner_.resize(rows * sums_count_);
    nothing_.resize(units_);
    if (learning) doutput_.resize(samples * units_);
    sum_rows_.resize(rows), before_.resize(rows);
    for (Index m = 0; m < rows; m++) {
        sum_rows_[m] = sums(m);
        before_[m] = m % times_ == 0 ? nothing_.data() : output(m - 1);
    }
}

void Recurrent::forward(const Step&, Range samples) {
    static thread_local std::vector<const float*> h;
    static thread_local std::vector<float*> to;
    static thread_local Buffer<float> packed;
    const Range rows{row(samples.first, 0), row(samples.last, 0)};
    const Right kernel{p_.kernel.from, sums_count_};
    if (p_.bias) {
        Biased sink(sums_.data(), sums_count_, p_.bias->from);
        multiply({x_.rows.data()}, kernel, rows, sums_count_, x_.width, sink);
    } else {
        Matrix sink(sums_.data(), sums_count_);
        multiply({x_.rows.data()}, kernel, rows, sums_count_, x_.width, sink);
    }
    if (apart()) {
        for (Index m = rows.first; m < rows.last; m++) {
            if (p_.bias) {
                std::memcpy(inner(m), p_.bias->from + sums_count_, sums_count_ * sizeof(float));
            } else {
                std::memset(inner(m), 0, sums_count_ * sizeof(float));
            }
        }
    }
    const Right recurrent = pack({p_.recurrent_kernel.from, sums_count_}, sums_count_, units_, packed);
    h.resize(samples.size()), to.resize(samples.size());
    for (Index time = 0; time < times_; time++) {
        for (Index i = 0; i < samples.size(); i++) {
            const Index m = row(samples.first + i, time);
            h[i] = before_[m], to[i] = inner(m);
        }
        Adding sink(to.data());
        if (time > 0) multiply({h.data()}, recurrent, {0, samples.size()}, sums_count_, units_, sink);
        for (Index n = samples.first; n < samples.last; n++) {
            const Index m = row(n, time);
            step(m);
            if (y_.places > 1) std::memcpy(y_.data + m * units_, output(m), units_ * sizeof(float));
        }
    }
    for (Index n = samples.first; n < samples.last && y_.places == 1; n++) {
        std::memcpy(y_.data + n * units_, output(row(n, times_ - 1)), units_ * sizeof(float));
    }
}

void Recurrent::backward(const Step&, Range samples) {
    if (!y_.slope) return;
    static thread_local std::vector<const float*> dinner;
    static thread_local std::vector<float*> to;
    static thread_local Buffer<float> packed;
    const Right back = pack({p_.recurrent_kernel.from, sums_count_, true}, units_, sums_count_, packed);
    dinner.resize(samples.size()), to.resize(samples.size());
    for (Index i = 0; i < samples.size(); i++) {
        to[i] = doutput_.data() + (samples.first + i) * units_;
        std::memset(to[i], 0, units_ * sizeof(float));
    }
    for (Index time = times_ - 1; time >= 0; time--) {
        for (Index i = 0; i < samples.size(); i++) {
            const Index n = samples.first + i, m = row(n, time);
            const float* dy = y_.places > 1 ? y_.slope + m * units_ : time == times_ - 1 ? y_.slope + n * units_ : nullptr;
            if (dy) map(to[i], dy, to[i], units_, [](Vec old, Vec more) { return old + more; });
            step_back(m, to[i]);
            dinner[i] = inner(m);
        }
        Adding sink(to.data());
        if (time > 0) multiply({dinner.data()}, back, {0, samples.size()}, units_, sums_count_, sink);
    }
    if (x_.slope) {
        Matrix sink(x_.slope, x_.width);
        const Range rows{row(samples.first, 0), row(samples.last, 0)};
        multiply({sum_rows_.data()}, {p_.kernel.from, sums_count_, true}, rows, x_.width, sums_count_, sink);
    }
}

void Recurrent::learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) {
    if (!p_.learn || !y_.slope) return;
    const Index rows = step.samples * times_;
    const float* dinner = apart() ? inner_.data() : sums_.data();
    Learning kernel(p_.kernel, sums_count_, optimizer), recurrent(p_.recurrent_kernel, sums_count_, optimizer);
    const Range inputs = share(x_.width, parts - 1 - part, parts, TILE_ROWS), own = share(units_, part, parts, TILE_ROWS);
    multiply({x_.rows.data(), true}, {sums_.data(), sums_count_}, inputs, sums_count_, rows, kernel);
    multiply({before_.data(), true}, {dinner, sums_count_}, own, sums_count_, rows, recurrent);
    if (!p_.bias) return;
    learn_bias(*p_.bias, sums_.data(), rows, sums_count_, optimizer, part, parts);
    if (apart()) learn_bias(from(*p_.bias, sums_count_), dinner, rows, sums_count_, optimizer, part, parts);
}

namespace {

class SimpleRnn final : public Recurrent {
  public:
    SimpleRnn(const Value& x, const Value& y, RecurrentParameters parameters, Curve curve)
        : Recurrent(x, y, parameters, 1), curve_(curve) {}

  protected:
    bool apart() const override { return false; }

    void step(Index m) override { curve_.value(sums(m), output(m), units_); }

    void step_back(Index m, float* doutput) override {
        curve_.slope(output(m), doutput, sums(m), units_);
        std::memset(doutput, 0, units_ * sizeof(float));
    }

  private:
    Curve curve_;
};

// The sums hold z, r and n once they are computed; the last third of `inner` holds h · R_n + b.
class Gru final : public Recurrent {
  public:
    Gru(const Value& x, const Value& y, RecurrentParameters parameters) : Recurrent(x, y, parameters, 3) {}

  protected:
    bool apart() const override { return true; }

    void step(Index m) override {
        const Index u = units_;
        float *s = sums(m), *y = output(m);
        const float *hr = inner(m), *h = before(m);
        each_vector(u, [&](Index i, auto read, auto write) {
            const Vec z = sigmoid(read(s + i) + read(hr + i)), r = sigmoid(read(s + u + i) + read(hr + u + i));
            const Vec n = tanh(read(s + 2 * u + i) + r * read(hr + 2 * u + i));
            write(s + i, z), write(s + u + i, r), write(s + 2 * u + i, n);
            write(y + i, n + z * (read(h + i) - n));
        });
    }

    void step_back(Index m, float* doutput) override {
        const Index u = units_;
        float *s = sums(m), *hr = inner(m);
        const float* h = before(m);
        each_vector(u, [&](Index i, auto read, auto write) {
            const Vec z = read(s + i), r = read(s + u + i), n = read(s + 2 * u + i), dh = read(doutput + i);
            const Vec dn = dh * (1 - z) * (1 - n * n);
            const Vec dz = dh * (read(h + i) - n) * z * (1 - z);
            const Vec dr = dn * read(hr + 2 * u + i) * r * (1 - r);
            write(s + i, dz), write(s + u + i, dr), write(s + 2 * u + i, dn);
            write(hr + i, dz), write(hr + u + i, dr), write(hr + 2 * u + i, dn * r);
            write(doutput + i, dh * z);
        });
    }
};

}  // namespace

Node* make_simple_rnn(const Value& x, const Value& y, RecurrentParameters parameters, Curve curve) {
    return new SimpleRnn(x, y, parameters, curve);
}

Node* make_gru(const Value& x, const Value& y, RecurrentParameters parameters) { return new Gru(x, y, parameters); }

}  // namespace pellucid::PELLUCID_ISA
