#include "patches.h"

namespace pellucid::PELLUCID_ISA {

Patches::Patches(const Value& x, Window window, bool over_end) : x_(x), window_(window) {
    const Slide &rows = window.rows, &columns = window.columns;
    const bool whole_rows = columns.dilation == 1;
    piece_ = whole_rows ? columns.window * x.width : x.width;
    copies_ = window.pads() || (over_end && piece_ % LANES);
    for (Index row = 0; row < rows.window; row++) {
        for (Index column = 0; column < (whole_rows ? 1 : columns.window); column++) {
            offsets_.push_back((row * rows.dilation * columns.padded() + column * columns.dilation) * x.width);
        }
    }
}

Index Patches::place(Index number) const {
    const Index row = number / window_.columns.fits, column = number % window_.columns.fits;
    return (row * window_.rows.stride * window_.columns.padded() + column * window_.columns.stride) * x_.width;
}

void Patches::make_room(Index samples) {
    if (copies_) images_.resize(samples * room_of_image());  // all zeros, and those around the images remain
}

void Patches::enter(Range samples) {
    if (!copies_) return;
    const Slide &rows = window_.rows, &columns = window_.columns;
    for (Index n = samples.first; n < samples.last; n++) {
        float* image = images_.data() + n * room_of_image();
        for (Index row = 0; row < rows.length; row++) {
            float* to = image + ((row + rows.before) * columns.padded() + columns.before) * x_.width;
            std::memcpy(to, x_.rows[n * x_.places + row * columns.length], columns.length * x_.width * sizeof(float));
        }
    }
}

void Patches::copy_out(const float* image, float* slope) const {
    const Slide &rows = window_.rows, &columns = window_.columns;
    for (Index row = 0; row < rows.length; row++) {
        const float* from = image + ((row + rows.before) * columns.padded() + columns.before) * x_.width;
        std::memcpy(slope + row * columns.length * x_.width, from, columns.length * x_.width * sizeof(float));
    }
}

}  // namespace pellucid::PELLUCID_ISA
