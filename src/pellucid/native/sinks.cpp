#include "sinks.h"

namespace pellucid::PELLUCID_ISA {

namespace {

// Σ over the rows of a matrix, of some of its columns.
void sum_rows(const float* data, Index rows, Index stride, Range columns, float* total) {
    Index n = columns.first;
    for (; n + LANES <= columns.last; n += LANES) {
        Vec sum{};
        for (Index m = 0; m < rows; m++) sum += load(data + m * stride + n);
        store(total + n - columns.first, sum);
    }
    for (; n < columns.last; n++) {
        float sum = 0;
        for (Index m = 0; m < rows; m++) sum += data[m * stride + n];
        total[n - columns.first] = sum;
    }
}

}  // namespace

void learn_bias(const Parameter& bias, const float* dy, Index rows, Index width, const Optimizer& optimizer, Index part,
                Index parts) {
    static thread_local Buffer<float> total;
    const Range columns = share(width, part, parts, LANES);
    if (columns.size() <= 0) return;
    sum_rows(dy, rows, width, columns, total.resize(width));
    optimizer.move(bias, columns.first, columns.size(), total.data());
}

}  // namespace pellucid::PELLUCID_ISA
