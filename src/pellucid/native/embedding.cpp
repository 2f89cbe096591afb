#include "embedding.h"

namespace pellucid::PELLUCID_ISA {

void Embedding::forward(const Step&, Range samples) {
    const Index width = y_.width;
    for (Index n = samples.first; n < samples.last; n++) {
        const float* x = x_.rows[n * x_.places];
        for (Index i = 0; i < y_.places; i++) {
            Index row = static_cast<Index>(x[i]);
            if (row < 0) row += rows_;  // as Python counts, from the end
            row = std::min(std::max(row, Index{0}), rows_ - 1);
            named_[n * y_.places + i] = row;
            std::memcpy(y_.data + (n * y_.places + i) * width, table_.from + row * width, width * sizeof(float));
        }
    }
}

// Every row moves, also those that no place names: optimizers with a memory go on. Threads share the rows.
void Embedding::learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) {
    if (!learns_ || !y_.slope) return;
    static thread_local std::vector<Index> begins, places;
    static thread_local Buffer<float> memory;
    const Index width = y_.width, count = step.samples * y_.places;
    const Range mine = share(rows_, part, parts);
    // The places that name each of my rows, one row after another and in the samples' order.
    begins.assign(mine.size() + 1, 0);
    for (Index m = 0; m < count; m++) {
        const Index row = named_[m] - mine.first;
        if (row >= 0 && row < mine.size()) begins[row + 1]++;
    }
    for (Index row = 0; row < mine.size(); row++) begins[row + 1] += begins[row];
    places.resize(begins[mine.size()]);
    for (Index m = 0; m < count; m++) {
        const Index row = named_[m] - mine.first;
        if (row >= 0 && row < mine.size()) places[begins[row]++] = m;
    }
    float* sum = memory.resize(2 * width);
    float* nothing = sum + width;
    std::memset(nothing, 0, width * sizeof(float));
    for (Index row = 0, next = 0; row < mine.size(); row++) {  // begins[row] is by now where its places end
        const bool named = next < begins[row];
        if (named) std::memset(sum, 0, width * sizeof(float));
        for (; next < begins[row]; next++) {
            map(sum, y_.slope + places[next] * width, sum, width, [](Vec old, Vec dy) { return old + dy; });
        }
        optimizer.move(table_, (mine.first + row) * width, width, named ? sum : nothing);
    }
}

}  // namespace pellucid::PELLUCID_ISA
