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

    void take_rows(Range rows, Index n, Index count, const float* values) override {
        take_each(*this, rows, n, count, values);
    }

  private:
    float* const* patches_;
    Index offset_;
};

}  // namespace

Conv::Conv(const Value& x, const Value& y, Window window, const Parameter& kernel, const Parameter* bias, bool learns)
    : x_(x), y_(y), window_(window), kernel_(kernel), bias_(bias), learns_(learns), patches_(x, window, false) {}

void Conv::make_room(Index samples, bool) {
    rows_.resize(samples * y_.places);
    patches_.make_room(samples);
}

void Conv::forward(const Step&, Range samples) {
    patches_.enter(samples);
    for (Index n = samples.first; n < samples.last; n++) {
        for (Index i = 0; i < y_.places; i++) rows_[n * y_.places + i] = patches_.image(n) + patches_.place(i);
    }
    const Left patches{.rows = rows_.data(), .piece = patches_.piece(), .offsets = patches_.offsets().data()};
    const Right kernel{kernel_.from, y_.width};
    const Index depth = patches_.depth();
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
    const Index piece = patches_.piece(), pieces = static_cast<Index>(patches_.offsets().size());
    rows.resize(y_.places), to.resize(y_.places);
    for (Index n = samples.first; n < samples.last; n++) {
        float* slope = x_.slope + n * x_.size();
        float* image = patches_.pads() ? padded.resize(patches_.image_size()) : slope;
        std::memset(image, 0, patches_.image_size() * sizeof(float));
        for (Index i = 0; i < y_.places; i++) {
            rows[i] = y_.slope + (n * y_.places + i) * y_.width;
            to[i] = image + patches_.place(i);
        }
        for (Index p = 0; p < pieces; p++) {
            Spreading sink(to.data(), patches_.offsets()[p]);
            const Right kernel{kernel_.from + p * piece * y_.width, y_.width, true};
            multiply({rows.data()}, kernel, {0, y_.places}, piece, y_.width, sink);
        }
        if (patches_.pads()) patches_.copy_out(image, slope);
    }
}

void Conv::learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) {
    if (!learns_ || !y_.slope) return;
    const Index places = step.samples * y_.places;
    // Threads share tiles of the kernel's rows, counted through all its pieces.
    const std::vector<Index>& offsets = patches_.offsets();
    const Index piece = patches_.piece(), pieces = static_cast<Index>(offsets.size());
    const Index tiles = (piece + TILE_ROWS - 1) / TILE_ROWS;
    const Range mine = share(tiles * pieces, part, parts);
    for (Index p = 0; p < pieces; p++) {
        const Index first = std::max(mine.first - p * tiles, Index{0}) * TILE_ROWS;
        const Index last = std::min(piece, (mine.last - p * tiles) * TILE_ROWS);
        if (first >= last) continue;
        Learning sink(kernel_, y_.width, optimizer, p * piece - offsets[p]);
        const Range rows{offsets[p] + first, offsets[p] + last};
        multiply({rows_.data(), true}, {y_.slope, y_.width}, rows, y_.width, places, sink);
    }
    if (bias_) learn_bias(*bias_, y_.slope, places, y_.width, optimizer, part, parts);
}

}  // namespace pellucid::PELLUCID_ISA
