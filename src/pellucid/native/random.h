// Random bits from a key and a counter, the same as those of pellucid/random.py: Threefry-2x32 with 20 rounds.
#pragma once

#include <cstdint>

namespace pellucid::PELLUCID_ISA {

struct Key {
    std::uint32_t high, low;
};

// The cipher of a counter.
inline Key threefry(Key key, std::uint32_t high, std::uint32_t low) {
    constexpr int TURNS[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
    const std::uint32_t keys[3] = {key.high, key.low, key.high ^ key.low ^ 0x1BD11BDAu};
    std::uint32_t a = high + keys[0], b = low + keys[1];
#pragma GCC unroll 5
    for (std::uint32_t group = 0; group < 5; group++) {
#pragma GCC unroll 4
        for (int turn : TURNS[group % 2]) {
            a += b;
            b = ((b << turn) | (b >> (32 - turn))) ^ a;
        }
        a += keys[(group + 1) % 3];
        b += keys[(group + 2) % 3] + group + 1;
    }
    return {a, b};
}

inline Key fold_in(Key key, std::uint32_t data) { return threefry(key, 0, data); }

}  // namespace pellucid::PELLUCID_ISA
