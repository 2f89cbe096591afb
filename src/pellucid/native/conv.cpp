#include "conv.h"

#include "sinks.h"

namespace pellucid::PELLUCID_ISA {

namespace {

// Rows of a product that are worth bringing the kernel nearer for.
constexpr Index ROWS_AT_ONCE = 256;

// Adds piece number `piece` of each patch to where it was read from.
class Spreading final : public Sink {
  public:
    Spreading(float* const* patches, Index offset) : patches_(patches), offset_(offset) {}

    void take(Index m, Index n, Index count, const float* values) override {
        float* to = patches_[m] + offset_ + n;
        map(to, values, to, count, [](Vec old, Vec more) { return old + more; });
    }

  private:
    float* const* patches_;
    Index offset_;
};

}  // namespace

Conv::Conv(const Value& x, const Value& y, Window window, const Parameter& kernel, const Parameter* bias, bool learns)
    : x_(x), y_(y), window_(window), kernel_(kernel), bias_(bias), learns_(learns) {
    const Slide &rows = window.rows, &columns = window.columns;
    const bool whole_rows = columns.dilation == 1;
    piece_ = whole_rows ? columns.window * x.width : x.width;
    for (Index row = 0; row < rows.window; row++) {
        for (Index column = 0; column < (whole_rows ? 1 : columns.window); column++) {
            offsets_.push_back((row * rows.dilation * columns.padded() + column * columns.dilation) * x.width);
        }
    }
}

// Where the patch of an output place begins in its (padded) image.
Index Conv::place(Index number) const {
    const Index row = number / window_.columns.fits, column = number % window_.columns.fits;
    return (row * window_.rows.stride * window_.columns.padded() + column * window_.columns.stride) * x_.width;
}

void Conv::make_room(Index samples, bool) {
    patches_.resize(samples * y_.places);
    if (window_.pads()) images_.resize(samples * image_size());  // all zeros, and those around the images remain
}

void Conv::copy_in(Index sample) {
    const Slide &rows = window_.rows, &columns = window_.columns;
    float* image = images_.data() + sample * image_size();
    for (Index row = 0; row < rows.length; row++) {
        float* to = image + ((row + rows.before) * columns.padded() + columns.before) * x_.width;
        std::memcpy(to, x_.rows[sample * x_.places + row * columns.length], columns.length * x_.width * sizeof(float));
    }
}

void Conv::copy_out(const float* image, float* slope) const {
    const Slide &rows = window_.rows, &columns = window_.columns;
    for (Index row = 0; row < rows.length; row++) {
        const float* from = image + ((row + rows.before) * columns.padded() + columns.before) * x_.width;
        std::memcpy(slope + row * columns.length * x_.width, from, columns.length * x_.width * sizeof(float));
    }
}

void Conv::forward(const Step&, Range samples) {
    for (Index n = samples.first; n < samples.last; n++) {
        if (window_.pads()) copy_in(n);
        const float* image = window_.pads() ? images_.data() + n * image_size() : x_.rows[n * x_.places];
        for (Index i = 0; i < y_.places; i++) patches_[n * y_.places + i] = image + place(i);
    }
    const Left patches{.rows = patches_.data(), .piece = piece_, .offsets = offsets_.data()};
    const Right kernel{kernel_.from, y_.width};
    const Index depth = piece_ * static_cast<Index>(offsets_.size());
    const Range all = y_.places_of(samples);
    for (Index first = all.first; first < all.last; first += ROWS_AT_ONCE) {
        const Range rows{first, std::min(all.last, first + ROWS_AT_ONCE)};
        if (bias_) {
            Biased sink(y_.data, y_.width, bias_->from);
            multiply(patches, kernel, rows, y_.width, depth, sink);
        } else {
            Matrix sink(y_.data, y_.width);
            multiply(patches, kernel, rows, y_.width, depth, sink);
        }
    }
}

void Conv::backward(const Step&, Range samples) {
    if (!x_.slope || !y_.slope) return;
    static thread_local std::vector<const float*> rows;
    static thread_local std::vector<float*> to;
    static thread_local Buffer<float> padded;
    rows.resize(y_.places), to.resize(y_.places);
    for (Index n = samples.first; n < samples.last; n++) {
        float* slope = x_.slope + n * x_.size();
        float* image = window_.pads() ? padded.resize(image_size()) : slope;
        std::memset(image, 0, image_size() * sizeof(float));
        for (Index i = 0; i < y_.places; i++) {
            rows[i] = y_.slope + (n * y_.places + i) * y_.width;
            to[i] = image + place(i);
        }
        for (std::size_t p = 0; p < offsets_.size(); p++) {
            Spreading sink(to.data(), offsets_[p]);
            const Right kernel{kernel_.from + static_cast<Index>(p) * piece_ * y_.width, y_.width, true};
            multiply({rows.data()}, kernel, {0, y_.places}, piece_, y_.width, sink);
        }
        if (window_.pads()) copy_out(image, slope);
    }
}

void Conv::learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) {
    if (!learns_ || !y_.slope) return;
    const Index places = step.samples * y_.places;
    // Threads share tiles of the kernel's rows, counted through all its pieces.
    const Index tiles = (piece_ + TILE_ROWS - 1) / TILE_ROWS, pieces = static_cast<Index>(offsets_.size());
    const Range mine = share(tiles * pieces, part, parts);
    for (Index p = 0; p < pieces; p++) {
        const Index first = std::max(mine.first - p * tiles, Index{0}) * TILE_ROWS;
        const Index last = std::min(piece_, (mine.last - p * tiles) * TILE_ROWS);
        if (first >= last) continue;
        Learning sink(kernel_, y_.width, optimizer, p * piece_ - offsets_[p]);
        const Range rows{offsets_[p] + first, offsets_[p] + last};
        multiply({patches_.data(), true}, {y_.slope, y_.width}, rows, y_.width, places, sink);
    }
    if (bias_) learn_bias(*bias_, y_.slope, places, y_.width, optimizer, part, parts);
}

}  // namespace pellucid::PELLUCID_ISA
