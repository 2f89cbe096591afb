#include "finite.h"

#include <atomic>

#include "threads.h"

namespace pellucid::PELLUCID_ISA {

namespace {

constexpr Index WORTH_SHARING = 1 << 16;  // numbers
constexpr Index SUMS = 8;                 // at a time, so that none waits for the one before

}  // namespace

// 0 · x is 0 for every number, and no number for what is none: one of those is enough to spoil a sum.
bool is_finite(const float* x, Index count) {
    std::atomic<bool> fine{true};
    Pool::shared().run(count > WORTH_SHARING, [&](Team& team, int thread) {
        const Range mine = share(count, thread, team.size, SUMS * LANES);
        Vec sums[SUMS] = {};
        Index i = mine.first;
        for (; i + SUMS * LANES <= mine.last; i += SUMS * LANES) {
#pragma GCC unroll 8
            for (Index j = 0; j < SUMS; j++) sums[j] += load(x + i + j * LANES) * 0.0f;
        }
        float rest = 0;
        for (; i < mine.last; i++) rest += x[i] * 0.0f;
        for (Vec each : sums) rest += sum(each);
        if (rest != 0) fine.store(false, std::memory_order_relaxed);
    });
    return fine.load();
}

}  // namespace pellucid::PELLUCID_ISA
