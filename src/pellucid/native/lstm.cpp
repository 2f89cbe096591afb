#include "lstm.h"

#include "elementary.h"

namespace pellucid::PELLUCID_ISA {

Lstm::Lstm(const Value& x, const Value& y, LstmParameters parameters)
    : x_(x), y_(y), p_(parameters), times_(x.places), units_(y.width), blocks_((y.width + LANES - 1) / LANES),
      columns_(blocks_ * 4 * LANES), before_h_(x.width + (p_.bias ? 1 : 0)), joined_width_(before_h_ + blocks_ * LANES) {}

void Lstm::make_room(Index samples, bool learning) {
    room_ = samples, rows_ = samples * times_;
    joined_.resize((rows_ + samples) * joined_width_);
    gates_.resize(rows_ * columns_);
    inner_.resize(rows_ * blocks_ * LANES), squashed_.resize(rows_ * blocks_ * LANES);
    kernels_.resize(joined_width_ * columns_);
    if (learning) {
        dinner_.resize(samples * blocks_ * LANES);
        turned_.resize((blocks_ * LANES + LANES) * columns_);
        if (x_.slope) turned_for_x_.resize((x_.width + LANES) * columns_);
    }
    joined_rows_.resize(rows_), gate_rows_.resize(rows_);
    for (Index m = 0; m < rows_; m++) joined_rows_[m] = joined(m), gate_rows_[m] = gates_.data() + m * PANEL;
    panels_.clear();
    for (Index n = 0; n < columns_; n += PANEL) panels_.push_back(n * rows_);
}

// Rows of [kernel; bias; recurrent kernel] with its columns in the order of the gates' blocks.
void Lstm::join_kernels(Range rows, float* joined) const {
    for (Index m = rows.first; m < rows.last; m++, joined += columns_) {
        const Index unit = m - before_h_;
        if (unit >= units_) {  // beyond the last one
            std::memset(joined, 0, columns_ * sizeof(float));
            continue;
        }
        const float* from = unit >= 0 ? p_.recurrent_kernel.from + unit * 4 * units_
                            : m < x_.width ? p_.kernel.from + m * 4 * units_ : p_.bias->from;
        for (Index gate = 0; gate < 4; gate++) {
            for (Index u = 0; u < blocks_ * LANES; u += LANES) {
                float* to = joined + u * 4 + gate * LANES;
                const Index count = std::min(LANES, units_ - u);
                store(to, count == LANES ? load(from + gate * units_ + u) : load_some(from + gate * units_ + u, count));
            }
        }
    }
}

// Panels for the way forward, and their transpose for the way back.
void Lstm::prepare(const Step& step, Index part, Index parts) {
    static thread_local Buffer<float> buffer;
    float* joined = buffer.resize(LANES * columns_);
    const Index units = blocks_ * LANES;
    const Range xs = share(before_h_, part, parts, LANES), hs = share(units, part, parts, LANES);
    for (Index m = xs.first; m < xs.last; m += LANES) {
        const Range rows{m, std::min(m + LANES, xs.last)};
        join_kernels(rows, joined);
        const float* first = joined - m * columns_;
        pack_rows({first, columns_}, rows, columns_, joined_width_, kernels_.data());
        const Range of_x{m, std::min(rows.last, x_.width)};
        if (step.learning && x_.slope) pack_rows({first, columns_, true}, of_x, x_.width, columns_, turned_for_x_.data());
    }
    for (Index m = hs.first; m < hs.last; m += LANES) {
        const Range rows{before_h_ + m, before_h_ + m + LANES};
        join_kernels(rows, joined);
        pack_rows({joined - rows.first * columns_, columns_}, rows, columns_, joined_width_, kernels_.data());
        if (step.learning) pack_rows({joined - m * columns_, columns_, true}, {m, m + LANES}, units, columns_, turned_.data());
    }
}

// The way forward: from the sums of a block of units in these rows to their gates, inner states and outputs.
void Lstm::open(Range rows, Index block, Index time, Index apart) {
    for (Index m = rows.first; m < rows.last; m++) {
        float *i = gate(m, block, 0), *f = gate(m, block, 1), *g = gate(m, block, 2), *o = gate(m, block, 3);
        const Vec in = sigmoid(load(i)), forget = sigmoid(load(f)), fresh = tanh(load(g)), out = sigmoid(load(o));
        const Vec before = time == 0 ? Vec{} : load(inner_.data() + state(m - apart, block));
        const Vec inner = forget * before + in * fresh, squashed = tanh(inner);
        store(i, in), store(f, forget), store(g, fresh), store(o, out);
        store(inner_.data() + state(m, block), inner);
        store(squashed_.data() + state(m, block), squashed);
        store(joined(m + apart) + before_h_ + block * LANES, out * squashed);
    }
}

void Lstm::forward(const Step& step, Range samples) {
    const Index apart = rows_apart(step);
    const Right kernels{.data = kernels_.data(), .stride = joined_width_, .packed = true};
    for (Index time = 0; time < times_; time++) {
        const Range now{time * apart + samples.first, time * apart + samples.last};
        for (Index n = samples.first; n < samples.last; n++) {
            float* row = joined(time * apart + n);
            std::memcpy(row, x_.rows[n * times_ + time], x_.width * sizeof(float));
            if (p_.bias) row[x_.width] = 1;
        }
        const Index depth = time == 0 ? before_h_ : before_h_ + units_;  // at first there is no h before
        for (Index n = 0; n < columns_; n += PANEL) {
            Matrix sums(gates_.data() + n * rows_, PANEL);
            Right panel = kernels;
            panel.data += n * kernels.stride;
            multiply({joined_rows_.data()}, panel, now, PANEL, depth, sums);
            if ((n + PANEL) % (4 * LANES) == 0) open(now, n / (4 * LANES), time, apart);
        }
    }
    for (Index i = 0; i < y_.places; i++) {
        const Index time = y_.places > 1 ? i : times_ - 1;
        for (Index n = samples.first; n < samples.last; n++) {
            std::memcpy(y_.data + (n * y_.places + i) * units_, joined((time + 1) * apart + n) + before_h_,
                        units_ * sizeof(float));
        }
    }
}

// The way back: from dL/d(output), as far as it comes from later, and dL/d(inner state) after a time step to dL/dsums, in
// the gates' place, and to dL/d(inner state) before it.
class Lstm::Closing final : public Sink {
  public:
    Closing(const Lstm& lstm, Index time, Index apart)
        : lstm_(lstm), time_(time), last_(time == lstm.times_ - 1), apart_(apart) {}

    // While the products are computed, what they will meet comes nearer.
    void expect(Range rows, Index n, Index count) override {
        for (Index m = rows.first - apart_; m < rows.last - apart_; m++) {
            for (Index block = n / LANES; block * LANES < n + count; block++) {
                for (Index number = 0; number < 4; number++) __builtin_prefetch(lstm_.gate(m, block, number), 1);
                __builtin_prefetch(lstm_.squashed_.data() + lstm_.state(m, block));
                if (time_) __builtin_prefetch(lstm_.inner_.data() + lstm_.state(m - apart_, block));
            }
        }
    }

    // Row m of the product is that of one time step later.
    void take(Index m, Index n, Index count, const float* values) override {
        for (Index u = 0; u < count; u += LANES) close(m - apart_, (n + u) / LANES, load(values + u));
    }

    void close(Index m, Index block, Vec doutput) const {
        const Index sample = m - time_ * apart_;
        if (last_ || lstm_.y_.places > 1) doutput += slope(sample, block * LANES);
        float *i = lstm_.gate(m, block, 0), *f = lstm_.gate(m, block, 1), *g = lstm_.gate(m, block, 2), *o = lstm_.gate(m, block, 3);
        const Vec in = load(i), forget = load(f), fresh = load(g), out = load(o);
        const Vec squashed = load(lstm_.squashed_.data() + lstm_.state(m, block));
        const Vec before = time_ == 0 ? Vec{} : load(lstm_.inner_.data() + lstm_.state(m - apart_, block));
        float* dinner = lstm_.dinner_.data() + (block * lstm_.room_ + sample) * LANES;
        const Vec d = (last_ ? Vec{} : load(dinner)) + doutput * out * (1 - squashed * squashed);
        store(i, d * fresh * in * (1 - in));
        store(f, d * before * forget * (1 - forget));
        store(g, d * in * (1 - fresh * fresh));
        store(o, doutput * squashed * out * (1 - out));
        store(dinner, d * forget);
    }

  private:
    // dL/dy of LANES units.
    Vec slope(Index sample, Index unit) const {
        const Index units = lstm_.units_, place = lstm_.y_.places > 1 ? time_ : 0;
        const float* dy = lstm_.y_.slope + (sample * lstm_.y_.places + place) * units + unit;
        return unit + LANES <= units ? load(dy) : load_some(dy, units - unit);
    }

    const Lstm& lstm_;
    Index time_;
    bool last_;
    Index apart_;
};

void Lstm::backward(const Step& step, Range samples) {
    if (!y_.slope) return;
    const Index apart = rows_apart(step);
    const Right back{.data = turned_.data(), .stride = columns_, .packed = true};
    const Right back_to_x{.data = turned_for_x_.data(), .stride = columns_, .packed = true};
    const Left dsums{.rows = gate_rows_.data(), .piece = PANEL, .offsets = panels_.data()};
    for (Index time = times_ - 1; time >= 0; time--) {
        const Range now{time * apart + samples.first, time * apart + samples.last};
        Closing sink(*this, time, apart);
        if (time == times_ - 1) {
            for (Index m = now.first; m < now.last; m++) {
                for (Index block = 0; block < blocks_; block++) sink.close(m, block, Vec{});
            }
        } else {
            multiply(dsums, back, {now.first + apart, now.last + apart}, blocks_ * LANES, columns_, sink);
        }
        if (x_.slope) {
            Matrix to_x(x_.slope + (time - times_ * time * apart) * x_.width, times_ * x_.width);
            multiply(dsums, back_to_x, now, x_.width, columns_, to_x);
        }
    }
}

// Hands the gradients to the optimizer: row m is one of the kernel's, the bias's or the recurrent kernel's, and each
// vector of it lies where its gate has it.
class Lstm::Moving final : public Sink {
  public:
    // Column n of the product is column n + shift of the kernel.
    Moving(const Lstm& lstm, const Optimizer& optimizer, Index shift)
        : lstm_(lstm), optimizer_(optimizer), shift_(shift) {}

    void expect(Range rows, Index n, Index count) override {
        for (Index m = rows.first; m < rows.last; m++) {
            each(m, n, count, [&](const Parameter& p, Index at, Index few, Index) { optimizer_.expect(p, at, few); });
        }
    }

    void take(Index m, Index n, Index count, const float* values) override {
        each(m, n, count,
             [&](const Parameter& p, Index at, Index few, Index j) { optimizer_.move(p, at, few, values + j); });
    }

  private:
    // visit(parameter, place in it, numbers there, place in the piece) for each vector of a piece.
    template <class Visit>
    PELLUCID_INLINE void each(Index m, Index n, Index count, Visit visit) const {
        const LstmParameters& p = lstm_.p_;
        const Index inputs = lstm_.x_.width, before_h = lstm_.before_h_, units = lstm_.units_;
        const Parameter& parameter = m < inputs ? p.kernel : m < before_h ? *p.bias : p.recurrent_kernel;
        const Index row = m < inputs ? m : m < before_h ? 0 : m - before_h;
        for (Index j = 0; j < count; j += LANES) {
            const Index column = shift_ + n + j, unit = column / (4 * LANES) * LANES, gate = column / LANES % 4;
            visit(parameter, (row * 4 + gate) * units + unit, std::min(LANES, units - unit), j);
        }
    }

    const Lstm& lstm_;
    const Optimizer& optimizer_;
    Index shift_;
};

void Lstm::learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) {
    if (!p_.learn || !y_.slope) return;
    const Index apart = rows_apart(step), rows = apart * times_, all = before_h_ + units_;
    // Panels are shared out, so that a thread reads its own alone; rows, where there are more threads than panels.
    const bool by_panels = parts <= columns_ / PANEL;
    const Range columns = by_panels ? share(columns_, part, parts, PANEL) : Range{0, columns_};
    const Range mine = by_panels ? Range{0, all} : share(all, part, parts);
    Moving sink(*this, optimizer, columns.first);
    const float* panels = gates_.data() + columns.first * rows_;
    const Right dsums{.data = panels, .stride = rows_, .packed = true};
    multiply({joined_rows_.data(), true}, dsums, {mine.first, std::min(mine.last, before_h_)}, columns.size(), rows, sink);
    // The first time step has no h before.
    const Right later{.data = panels + apart * PANEL, .stride = rows_, .packed = true};
    multiply({joined_rows_.data() + apart, true}, later, {std::max(mine.first, before_h_), mine.last}, columns.size(),
             rows - apart, sink);
}

}  // namespace pellucid::PELLUCID_ISA
