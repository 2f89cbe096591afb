#include "zeros.h"

namespace pellucid::PELLUCID_ISA {

namespace {

constexpr Index AT_ONCE = 4;   // rows
constexpr Index SHORTEST = 4;  // so many zeros one after another are worth leaving out
constexpr Index WORTH_IT = 8;  // one column in so many has to be left out

bool is_worth_it(Index zeros, Range columns) { return zeros * WORTH_IT > columns.size(); }

// Bit by bit: 0 where both are, and not 0 where one of them is not, be it NaN.
PELLUCID_INLINE Vec either(Vec a, Vec b) { return (Vec)((Ints)a | (Ints)b); }

// Adds COUNT rows to what is used, and says how many columns are 0 still.
template <Index COUNT>
Index add_rows(const float* const* rows, Range columns, float* used) {
    Ints zeros{};
    each_vector(columns.size(), [&](Index i, auto read, auto write) {
        Vec seen = read(used + i);
#pragma GCC unroll 4
        for (Index m = 0; m < COUNT; m++) seen = either(seen, read(rows[m] + columns.first + i));
        write(used + i, seen);
        zeros -= seen == 0;
    });
    const Index beyond = (columns.size() + LANES - 1) / LANES * LANES - columns.size();  // lanes filled with zeros
    Index count = -beyond;
    for (Index i = 0; i < LANES; i++) count += zeros[i];
    return count;
}

}  // namespace

void used_columns(const float* const* matrix, Range rows, Range columns, std::vector<Range>& found) {
    static thread_local Buffer<float> used;
    used.resize(columns.size());
    std::memset(used.data(), 0, columns.size() * sizeof(float));
    found.assign(1, columns);
    for (Index m = rows.first; m < rows.last;) {
        const bool several = m > rows.first && rows.last - m >= AT_ONCE;  // after a look at one, which most often tells
        const Index zeros = (several ? add_rows<AT_ONCE> : add_rows<1>)(matrix + m, columns, used.data());
        if (!is_worth_it(zeros, columns)) return;
        m += several ? AT_ONCE : 1;
    }
    found.clear();
    for (Index i = 0; i < columns.size(); i++) {
        if (used.data()[i] == 0) continue;
        const Index at = columns.first + i;
        if (found.empty() || at - found.back().last >= SHORTEST) found.push_back({at, at});
        found.back().last = at + 1;
    }
}

}  // namespace pellucid::PELLUCID_ISA
