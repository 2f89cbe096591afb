#include "conv_pool.h"

#include "sinks.h"
#include "sparse.h"

namespace pellucid::PELLUCID_ISA {

namespace {

Index whole_vectors(Index count) { return (count + LANES - 1) / LANES * LANES; }

}  // namespace

ConvPool::ConvPool(const Conv& conv, const Value& y, Window pool, bool relu)
    : x_(conv.x()), y_(y), kernel_(conv.kernel()), bias_(conv.bias()), relu_(relu), learns_(conv.learns()),
      patches_(conv.x(), conv.window(), true) {
    const Index pieces = static_cast<Index>(patches_.offsets().size()), filled = whole_vectors(patches_.piece());
    for (Index p = 0; p < pieces; p++) turned_pieces_.push_back(p * filled);
    read_pieces_ = unfolds() ? std::vector<Index>{0} : patches_.offsets();
    sum_pieces_ = unfolds() ? std::vector<Index>{0} : turned_pieces_;
    read_length_ = unfolds() ? patches_.depth() : patches_.piece();
    sum_depth_ = static_cast<Index>(read_pieces_.size()) * whole_vectors(read_length_);
    for (Index window = 0; window < pool.places(); window++) {
        const std::size_t first = rows_.size();
        each_place(pool, window, [&](Index output) {
            const Index place = patches_.place(output), number = static_cast<Index>(rows_.size());
            rows_.push_back({place, unfolds() ? number * sum_depth_ : place, window, false, false});
        });
        rows_[first].first = rows_.back().last = true;
    }
}

void ConvPool::make_room(Index samples, bool learning) {
    patches_.make_room(samples);
    if (learning) chosen_.resize(samples * y_.size());
}

// Where patches of this sample are read: at `unfolded` of each row.
const float* ConvPool::readable(Index sample) const {
    const float* image = patches_.image(sample);
    if (!unfolds()) return image;
    static thread_local Buffer<float> buffer;
    float* patches = buffer.resize(static_cast<Index>(rows_.size()) * sum_depth_ + LANES);
    for (const Row& row : rows_) {
        float* to = patches + row.unfolded;
        for (Index offset : patches_.offsets()) {  // what is too much of a piece, the next one covers
            store(to, load(image + row.place + offset));
            to += patches_.piece();
        }
    }
    return patches;
}

// Keeps the largest of each window and channel, and the row that it came from: the first of equals. NaN is the largest.
class ConvPool::Largest final : public Sink {
  public:
    // y, chosen    of one sample; chosen may be null
    Largest(const ConvPool& layer, float* y, int* chosen) : layer_(layer), y_(y), chosen_(chosen) {}

    void take(Index m, Index n, Index count, const float* values) override { take_rows({m, m + 1}, n, count, values); }

    void take_rows(Range rows, Index n, Index count, const float* values) override {
        const float* bias = layer_.bias_ ? layer_.bias_->from + n : nullptr;
        const Index width = layer_.y_.width;
        each_vector(count, [&](Index j, auto read, auto write) {
            const Vec shift = bias ? read(bias + j) : Vec{};
            Vec most{};
            Ints from{};
            for (Index m = rows.first; m < rows.last; m++) {
                const Row& row = layer_.rows_[m];
                const Index at = row.window * width + n + j;
                float* places = reinterpret_cast<float*>(chosen_ + at);  // moved as they are, not computed with
                const Vec sum = load(values + (m - rows.first) * PANEL + j) + shift;
                const Ints here = Ints{} + static_cast<int>(row.unfolded);
                if (row.first) {
                    most = sum, from = here;
                } else {
                    if (m == rows.first) {
                        most = read(y_ + at);
                        if (chosen_) from = (Ints)read(places);
                    }
                    const auto larger = (sum > most) | (sum != sum);
                    most = larger ? sum : most;
                    from = larger ? here : from;
                }
                if (row.last || m + 1 == rows.last) {
                    write(y_ + at, row.last && layer_.relu_ ? at_least(most, Vec{}) : most);
                    if (chosen_) write(places, (Vec)from);
                }
            }
        });
    }

  private:
    const ConvPool& layer_;
    float* y_;
    int* chosen_;
};

void ConvPool::forward(const Step& step, Range samples) {
    static thread_local Buffer<float> packed;
    static thread_local std::vector<const float*> patches;
    const Right kernel = pack({kernel_.from, y_.width}, y_.width, patches_.depth(), packed);
    const Range rows{0, static_cast<Index>(rows_.size())};
    patches.resize(rows_.size());
    const Left left{.rows = patches.data(), .piece = read_length_, .offsets = read_pieces_.data()};
    patches_.enter(samples);
    for (Index n = samples.first; n < samples.last; n++) {
        const float* from = readable(n);
        for (std::size_t m = 0; m < rows_.size(); m++) patches[m] = from + rows_[m].unfolded;
        Largest sink(*this, y_.data + n * y_.size(), step.learning ? chosen_.data() + n * y_.size() : nullptr);
        multiply(left, kernel, rows, y_.width, patches_.depth(), sink);
    }
}

// ReLU's part: where an output is 0, nothing goes back.
void ConvPool::drop_slopes(Range samples) {
    const Index first = samples.first * y_.size(), count = samples.size() * y_.size();
    map(y_.data + first, y_.slope + first, y_.slope + first, count, [](Vec y, Vec dy) { return y > 0 ? dy : Vec{}; });
}

// The kernel filter by filter: (F, pieces, numbers of a piece up to whole vectors).
const float* ConvPool::turned_kernel() const {
    static thread_local Buffer<float> buffer;
    const Index filled = whole_vectors(patches_.piece()), depth = filled * static_cast<Index>(turned_pieces_.size());
    float* turned = buffer.resize(y_.width * depth);
    std::memset(turned, 0, y_.width * depth * sizeof(float));
    const float* from = kernel_.from;
    for (Index piece : turned_pieces_) {
        for (Index i = 0; i < patches_.piece(); i++) {
            for (Index filter = 0; filter < y_.width; filter++) turned[filter * depth + piece + i] = *from++;
        }
    }
    return turned;
}

void ConvPool::backward(const Step&, Range samples) {
    if (!y_.slope) return;
    if (relu_) drop_slopes(samples);
    if (!x_.slope) return;
    static thread_local Buffer<float> slopes, factors;
    static thread_local Buffer<int> places;
    const Index filters = y_.width, depth = whole_vectors(patches_.piece()) * static_cast<Index>(turned_pieces_.size());
    const float* turned = turned_kernel();
    const Pieces pieces{patches_.piece(), turned_pieces_, patches_.offsets(), patches_.even()};
    places.resize(filters + LANES), factors.resize(filters + LANES);
    float* image = slopes.resize(patches_.image_size() + LANES);
    for (Index n = samples.first; n < samples.last; n++) {
        std::memset(image, 0, patches_.image_size() * sizeof(float));
        for (const Row& row : rows_) {
            const Index output = n * y_.size() + row.window * filters;
            const Index count = list_chosen(chosen_.data() + output, y_.slope + output, filters, static_cast<int>(row.unfolded),
                                            depth, places.data(), factors.data());
            if (count) add_rows(turned, {places.data(), factors.data(), count}, pieces, image + row.place);
        }
        patches_.copy_out(image, x_.slope + n * x_.size());
    }
}

void ConvPool::learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) {
    if (!learns_ || !y_.slope) return;
    static thread_local Buffer<float> buffer;
    const Range filters = share(y_.width, part, parts, 4);
    const Pieces pieces{read_length_, read_pieces_, sum_pieces_, patches_.even()};
    if (filters.size() > 0) {
        float* sums = buffer.resize(filters.size() * sum_depth_);
        std::memset(sums, 0, filters.size() * sum_depth_ * sizeof(float));
        for (Index n = 0; n < step.samples; n++) {
            const Index output = n * y_.size() + filters.first;
            add_rows(readable(n), {chosen_.data() + output, y_.slope + output, y_.places, y_.width}, pieces, sums,
                     filters.size(), sum_depth_);
        }
        move_kernel(sums, filters, optimizer);
    }
    if (bias_) learn_bias(*bias_, y_.slope, step.samples * y_.places, y_.width, optimizer, part, parts);
}

// The sums are by filter; the kernel has its filters side by side.
void ConvPool::move_kernel(const float* sums, Range filters, const Optimizer& optimizer) const {
    static thread_local Buffer<float> buffer;
    float* row = buffer.resize(filters.size());
    Index number = 0;  // of the kernel's row
    for (Index piece : sum_pieces_) {
        for (Index i = 0; i < read_length_; i++, number++) {
            for (Index f = 0; f < filters.size(); f++) row[f] = sums[f * sum_depth_ + piece + i];
            optimizer.move(kernel_, number * y_.width + filters.first, filters.size(), row);
        }
    }
}

}  // namespace pellucid::PELLUCID_ISA
