#include "dense.h"

#include "sinks.h"
#include "zeros.h"

namespace pellucid::PELLUCID_ISA {

namespace {

// Rows of the kernel that are learned at a time: whole tiles and whole vectors. Their gradient stays near.
constexpr Index AT_ONCE = 48;
static_assert(AT_ONCE % TILE_ROWS == 0 && AT_ONCE % LANES == 0);
// Numbers of a matrix that is worth keeping twice.
constexpr Index MOST_PACKED = 1 << 23;

}  // namespace

void Dense::make_room(Index samples, bool learning) {
    const Index slopes = (y_.width + LANES) * samples * y_.places, kernel = (y_.width + LANES) * x_.width;
    packs_ = learning && learns_ && y_.slope && slopes <= MOST_PACKED && kernel <= MOST_PACKED;
    if (!packs_) return;
    if (!is_panel(y_.width)) packed_.resize(kernel), slopes_.resize(slopes);
    if (x_.slope) turned_.resize((x_.width + LANES) * y_.width);
}

Right Dense::kernel(const Step& step) const {
    if (!is_packed(step) || is_panel(y_.width)) return {kernel_.from, y_.width};
    return {.data = packed_.data(), .stride = x_.width, .packed = true};
}

Right Dense::turned_kernel(const Step& step) const {
    if (!is_packed(step)) return {kernel_.from, y_.width, true};
    return {.data = turned_.data(), .stride = y_.width, .packed = true};
}

void Dense::forward(const Step& step, Range samples) {
    static thread_local std::vector<Range> used;
    Left x{x_.rows.data(), false, x_.data || x_.places > 1 ? nullptr : step.next_inputs};
    if (reads_data()) {
        used_columns(x_.rows.data(), y_.places_of(samples), {0, x_.width}, used);
        x.used = &used;
    }
    if (bias_) {
        Biased sink(y_.data, y_.width, bias_->from);
        multiply(x, kernel(step), y_.places_of(samples), y_.width, x_.width, sink);
    } else {
        Matrix sink(y_.data, y_.width);
        multiply(x, kernel(step), y_.places_of(samples), y_.width, x_.width, sink);
    }
}

void Dense::backward(const Step& step, Range samples) {
    if (!y_.slope) return;
    Range places = y_.places_of(samples);
    if (packs_ && !is_panel(y_.width)) {
        pack_rows({y_.slope, y_.width}, places, y_.width, step.samples * y_.places, slopes_.data());
    }
    if (!x_.slope) return;
    static thread_local std::vector<const float*> rows;
    rows.resize(places.last);
    for (Index m = places.first; m < places.last; m++) rows[m] = y_.slope + m * y_.width;
    Matrix sink(x_.slope, x_.width);
    multiply({rows.data()}, turned_kernel(step), places, x_.width, y_.width, sink);
}

Index Dense::parts(Index threads) const {
    if (!packs_ || threads == 1) return threads;
    const Index rows = is_panel(y_.width) ? 2 * AT_ONCE : AT_ONCE;
    return std::max(threads, (x_.width + rows - 1) / rows);
}

void Dense::learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) {
    if (!learns_ || !y_.slope) return;
    const Index places = step.samples * y_.places;
    if (packs_) {
        const Range inputs = share(x_.width, part, parts, AT_ONCE);
        for (Index m = inputs.first; m < inputs.last; m += AT_ONCE) {
            learn_rows(step, optimizer, {m, std::min(m + AT_ONCE, inputs.last)});
        }
    } else {
        Learning sink(kernel_, y_.width, optimizer);
        Range inputs = share(x_.width, part, parts, TILE_ROWS);
        multiply({x_.rows.data(), true}, {y_.slope, y_.width}, inputs, y_.width, places, sink);
    }
    if (bias_) learn_bias(*bias_, y_.slope, places, y_.width, optimizer, part, parts);
}

// The gradient of some rows of the kernel is written down and then moved along: optimizers like long rows.
void Dense::learn_rows(const Step& step, const Optimizer& optimizer, Range inputs) {
    static thread_local Buffer<float> gradient;
    static thread_local std::vector<Range> used;
    const Index width = y_.width, places = step.samples * y_.places, first = inputs.first * width;
    gradient.resize(AT_ONCE * width);
    Matrix sink(gradient.data() - first, width);
    const Right slopes = is_panel(width) ? Right{y_.slope, width} : Right{.data = slopes_.data(), .stride = places, .packed = true};
    used.assign(1, inputs);
    if (reads_data()) used_columns(x_.rows.data(), {0, places}, inputs, used);
    if (count_of(used) < inputs.size()) std::memset(gradient.data(), 0, inputs.size() * width * sizeof(float));
    for (Range rows : used) multiply({x_.rows.data(), true}, slopes, rows, width, places, sink);
    optimizer.move(kernel_, first, inputs.size() * width, gradient.data());
    if (!step.in_a_row) return;
    if (!is_panel(width)) pack_rows({kernel_.to, width}, inputs, width, x_.width, packed_.data());
    if (x_.slope) pack_rows({kernel_.to, width, true}, inputs, x_.width, width, turned_.data());
}

}  // namespace pellucid::PELLUCID_ISA
