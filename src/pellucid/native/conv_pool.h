// Conv2D, ReLU and MaxPooling2D as one node, where pooling windows do not overlap. What is between them is never written
// down, and what the pool drops costs nothing:
//
//   forward   the product's rows come window by window, so that only the largest of each is kept, with the place of its
//             patch; output places in no window are not computed
//   backward  each output has its slope from one patch only: dL/dx and dL/dkernel are sums over as many numbers as the
//             pool has outputs, not as many as the convolution has
#pragma once

#include "conv.h"

namespace pellucid::PELLUCID_ISA {

// Whether windows of this pool have no place in common.
inline bool apart(const Window& pool) {
    return pool.rows.stride >= pool.rows.window && pool.columns.stride >= pool.columns.window;
}

class ConvPool final : public Node {
  public:
    // relu    whether there is one in between
    // The convolution is not needed any more afterwards.
    ConvPool(const Conv& conv, const Value& y, Window pool, bool relu);

    void make_room(Index samples, bool learning) override;
    void forward(const Step& step, Range samples) override;
    void backward(const Step& step, Range samples) override;
    void learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) override;

  private:
    class Largest;

    // One row of the product: a patch, and which window of the pool it is in.
    struct Row {
        Index place;       // of the patch in its image
        Index unfolded;    // where it is read: there, or in the image's unfolded patches
        Index window;
        bool first, last;  // in its window
    };

    // Pieces shorter than a vector are copied together first, image by image.
    bool unfolds() const { return patches_.piece() < LANES; }
    const float* readable(Index sample) const;
    const float* turned_kernel() const;
    void drop_slopes(Range samples);
    void move_kernel(const float* sums, Range filters, const Optimizer& optimizer) const;

    const Value& x_;
    const Value& y_;
    const Parameter& kernel_;
    const Parameter* bias_;
    bool relu_, learns_;

    Patches patches_;
    std::vector<Row> rows_;  // of one image
    std::vector<Index> read_pieces_, sum_pieces_;  // where the pieces of a patch begin where it is read; in a sum of patches
    Index read_length_, sum_depth_;                // numbers of such a piece; of such a sum, whole vectors a piece
    std::vector<Index> turned_pieces_;             // where the pieces of a filter begin in the turned kernel
    Buffer<int> chosen_;                           // by output: `unfolded` of the row that gave it
};

}  // namespace pellucid::PELLUCID_ISA
