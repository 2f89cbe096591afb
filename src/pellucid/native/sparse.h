// Sums of few rows picked from many, times a factor each: products with a matrix that is mostly zeros, of which only the
// others are listed. The sums stay in registers while the list is gone through.
#pragma once

#include <vector>

#include "gemm.h"

namespace pellucid::PELLUCID_ISA {

// What is summed: factors[i] times the row at places[i]. Of several sums, the lists lie between each other: the one after
// begins one number further.
struct Listed {
    const int* places;
    const float* factors;
    Index count;
    Index step = 1;  // from one entry to the next
};

// Rows lie in pieces of whole vectors. (Past a piece's end, up to the next whole vector, anything may be read, and is
// added to.)
struct Pieces {
    Index length;                   // numbers of one
    const std::vector<Index>& from;  // where each begins, from the row's first number
    const std::vector<Index>& to;    // likewise where it is added
    bool even;                      // whether they follow each other at even distances
};

// Adds `sums` sums of rows of `from` to what lies at `to`, `apart` numbers apart.
void add_rows(const float* from, Listed listed, Pieces pieces, float* to, Index sums = 1, Index apart = 0);

// Lists which of `count` chosen places are `place` and have a factor that is not 0: entry i as the row that begins at
// i · stride. The lists must have room for LANES entries more. Returns how many there are.
Index list_chosen(const int* chosen, const float* factors, Index count, int place, Index stride, int* places,
                  float* listed);

}  // namespace pellucid::PELLUCID_ISA
