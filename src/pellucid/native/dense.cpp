#include "dense.h"

#include "sinks.h"

namespace pellucid::PELLUCID_ISA {

void Dense::forward(const Step& step, Range samples) {
    Left x{x_.rows.data(), false, x_.data || x_.places > 1 ? nullptr : step.next_inputs};
    Right kernel{kernel_.from, y_.width};
    if (bias_) {
        Biased sink(y_.data, y_.width, bias_->from);
        multiply(x, kernel, y_.places_of(samples), y_.width, x_.width, sink);
    } else {
        Matrix sink(y_.data, y_.width);
        multiply(x, kernel, y_.places_of(samples), y_.width, x_.width, sink);
    }
}

void Dense::backward(const Step&, Range samples) {
    if (!x_.slope || !y_.slope) return;
    Range places = y_.places_of(samples);
    static thread_local std::vector<const float*> rows;
    rows.resize(places.last);
    for (Index m = places.first; m < places.last; m++) rows[m] = y_.slope + m * y_.width;
    Matrix sink(x_.slope, x_.width);
    multiply({rows.data()}, {kernel_.from, y_.width, true}, places, x_.width, y_.width, sink);
}

void Dense::learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) {
    if (!learns_ || !y_.slope) return;
    Index places = step.samples * y_.places;
    Learning sink(kernel_, y_.width, optimizer);
    Range inputs = share(x_.width, part, parts, TILE_ROWS);
    multiply({x_.rows.data(), true}, {y_.slope, y_.width}, inputs, y_.width, places, sink);
    if (bias_) learn_bias(*bias_, y_.slope, places, y_.width, optimizer, part, parts);
}

}  // namespace pellucid::PELLUCID_ISA
