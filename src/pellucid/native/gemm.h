// The matrix product that all the layers are made of: C = A · B, some rows of C at a time.
//
// C is computed in tiles that stay in registers while the sum runs: TILE_ROWS rows by up to TILE_VECTORS vectors. Each
// step of the sum takes one number from each of A's rows and one row of a panel of B. A panel is as wide as a tile; it
// is copied together first, so that its rows lie one after another, unless they do already.
//
// A number of C is always summed in the same order, whatever rows it was asked for with: results do not depend on how
// the rows are shared among threads.
#pragma once

#include "memory.h"
#include "threads.h"

namespace pellucid::PELLUCID_ISA {

#if defined(__AVX512F__) || defined(__aarch64__)  // 32 registers: 24 sums
inline constexpr Index TILE_ROWS = 6, TILE_VECTORS = 4;
#else  // 16 registers: 12 sums
inline constexpr Index TILE_ROWS = 6, TILE_VECTORS = 2;
#endif
inline constexpr Index PANEL = TILE_VECTORS * LANES;

// A, by pointers to its rows: they may be samples picked from all over the training data.
//
//   plain        A[m][k] = rows[m][k]
//   transposed   A[m][k] = rows[k][m]
//   pieces       a row need not lie in one piece: A[m][k] = rows[m][offsets[k / piece] + k % piece] (plain only)
//   used         if given, A is 0 outside these ranges of k, in all rows that are asked for (plain only)
//   ahead        if given, ahead[m] points to what will be row m next time: it is brought nearer meanwhile
struct Left {
    const float* const* rows;
    bool transposed = false;
    const float* const* ahead = nullptr;
    Index piece = 0;  // 0: a row is one piece
    const Index* offsets = nullptr;
    const std::vector<Range>* used = nullptr;
};

//   plain        B[k][n] = data[k * stride + n]
//   transposed   B[k][n] = data[n * stride + k]
//   packed       data holds B's panels one after another, of `stride` rows each, as `pack` makes them
struct Right {
    const float* data;
    Index stride;
    bool transposed = false;
    bool packed = false;
};

// B's panels one after another, for a B that is multiplied with many times.
Right pack(Right b, Index columns, Index depth, Buffer<float>& memory);

// Of these rows of b.data only, as far as `pack` would have put them into `memory`: where rows change one after another.
// If B is transposed they are columns of it, and the first is a multiple of LANES.
void pack_rows(Right b, Range rows, Index columns, Index depth, float* memory);

// Whether a B of this width, its rows one after another, is a panel as it lies.
inline bool is_panel(Index columns) { return columns <= PANEL && columns % LANES == 0; }

// What becomes of C, piece by piece: `count` numbers from C[m][n] on.
class Sink {
  public:
    // Pieces of these rows come next: a time to bring nearer what they will meet.
    virtual void expect(Range /*rows*/, Index /*n*/, Index /*count*/) {}

    virtual void take(Index m, Index n, Index count, const float* values) = 0;

    // The same for each of these rows, PANEL numbers apart: for sinks that want several at once.
    virtual void take_rows(Range rows, Index n, Index count, const float* values) {
        for (Index m = rows.first; m < rows.last; m++, values += PANEL) take(m, n, count, values);
    }

  protected:
    ~Sink() = default;
};

// What `take_rows` of a final sink does: its `take` for each row, without a call for each. Most pieces are a panel wide.
template <class Taker>
PELLUCID_INLINE void take_each(Taker& sink, Range rows, Index n, Index count, const float* values) {
    if (count == PANEL) {
        for (Index m = rows.first; m < rows.last; m++, values += PANEL) sink.take(m, n, PANEL, values);
    } else {
        for (Index m = rows.first; m < rows.last; m++, values += PANEL) sink.take(m, n, count, values);
    }
}

// A sink that writes C down. The default of most layers.
class Matrix final : public Sink {
  public:
    Matrix(float* data, Index stride) : data_(data), stride_(stride) {}

    void take(Index m, Index n, Index count, const float* values) override {
        map(values, data_ + m * stride_ + n, count, [](Vec sum) { return sum; });
    }

    void take_rows(Range rows, Index n, Index count, const float* values) override {
        take_each(*this, rows, n, count, values);
    }

  private:
    float* data_;
    Index stride_;
};

// Rows `rows` of C = A · B, which has `columns` columns and sums over `depth`.
void multiply(Left a, Right b, Range rows, Index columns, Index depth, Sink& sink);

}  // namespace pellucid::PELLUCID_ISA
