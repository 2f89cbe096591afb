#include "sinks.h"

namespace pellucid::PELLUCID_ISA {

namespace {

// Σ over the rows of a matrix, of some of its columns.
void sum_rows(const float* data, Index rows, Index stride, Range columns, float* total) {
    constexpr Index TOGETHER = 4;  // vectors: a row's numbers lie side by side, the next row's far away
    Index n = columns.first;
    for (; n + TOGETHER * LANES <= columns.last; n += TOGETHER * LANES) {
        Vec sum[TOGETHER] = {};
        for (Index m = 0; m < rows; m++) {
            for (Index j = 0; j < TOGETHER; j++) sum[j] += load(data + m * stride + n + j * LANES);
        }
        for (Index j = 0; j < TOGETHER; j++) store(total + n - columns.first + j * LANES, sum[j]);
    }
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
    const Range columns = share(width, part, parts, 4 * LANES);
    if (columns.size() <= 0) return;
    sum_rows(dy, rows, width, columns, total.resize(width));
    optimizer.move(bias, columns.first, columns.size(), total.data());
}

}  // namespace pellucid::PELLUCID_ISA
