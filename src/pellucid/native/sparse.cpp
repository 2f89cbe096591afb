#include "sparse.h"

#include <array>
#include <utility>

namespace pellucid::PELLUCID_ISA {

namespace {

// A block of sums that fit into registers: MOST_PIECES pieces of MOST_VECTORS vectors, of one sum or several.
constexpr Index MOST_PIECES = 3, MOST_VECTORS = TILE_VECTORS * 2, MOST_SUMS = 4;

struct Block {
    const float* from;
    float* to;
    Index from_piece, to_piece;  // from one piece to the next
    Index to_sum;
};

template <Index PIECES, Index VECTORS, Index SUMS>
PELLUCID_INLINE void add_block(const Block& block, const Listed& listed) {
    Vec sums[SUMS][PIECES][VECTORS];
#pragma GCC unroll 4
    for (Index s = 0; s < SUMS; s++) {
#pragma GCC unroll 3
        for (Index p = 0; p < PIECES; p++) {
#pragma GCC unroll 8
            for (Index v = 0; v < VECTORS; v++) {
                sums[s][p][v] = load(block.to + s * block.to_sum + p * block.to_piece + v * LANES);
            }
        }
    }
    const int* places = listed.places;
    const float* factors = listed.factors;
    for (Index i = 0; i < listed.count; i++, places += listed.step, factors += listed.step) {
#pragma GCC unroll 4
        for (Index s = 0; s < SUMS; s++) {
            const Vec factor = all(factors[s]);
            const float* row = block.from + places[s];
#pragma GCC unroll 3
            for (Index p = 0; p < PIECES; p++) {
#pragma GCC unroll 8
                for (Index v = 0; v < VECTORS; v++) sums[s][p][v] += factor * load(row + p * block.from_piece + v * LANES);
            }
        }
    }
    // In this order: where a piece's last vector reaches into the next piece, that one is right.
#pragma GCC unroll 4
    for (Index s = 0; s < SUMS; s++) {
#pragma GCC unroll 3
        for (Index p = 0; p < PIECES; p++) {
#pragma GCC unroll 8
            for (Index v = 0; v < VECTORS; v++) {
                store(block.to + s * block.to_sum + p * block.to_piece + v * LANES, sums[s][p][v]);
            }
        }
    }
}

// Several sums at a time where each has so few vectors that it would wait for itself.
template <Index PIECES, Index VECTORS>
void add_blocks(Block block, Listed listed, Index sums) {
    constexpr Index FIT = TILE_ROWS * TILE_VECTORS / (PIECES * VECTORS);
    constexpr Index TOGETHER = FIT >= MOST_SUMS ? MOST_SUMS : FIT >= 2 ? 2 : 1;
    auto next = [&](Index count) { block.to += count * block.to_sum, listed.places += count, listed.factors += count; };
    for (; sums >= TOGETHER; sums -= TOGETHER, next(TOGETHER)) add_block<PIECES, VECTORS, TOGETHER>(block, listed);
    for (; sums > 0; sums--, next(1)) add_block<PIECES, VECTORS, 1>(block, listed);
}

using Adder = void (*)(Block, Listed, Index);

// ADDERS[(pieces - 1) * MOST_VECTORS + vectors - 1]
template <Index... I>
constexpr std::array<Adder, sizeof...(I)> make_adders(std::integer_sequence<Index, I...>) {
    return {add_blocks<I / MOST_VECTORS + 1, I % MOST_VECTORS + 1>...};
}
constexpr auto ADDERS = make_adders(std::make_integer_sequence<Index, MOST_PIECES * MOST_VECTORS>());

}  // namespace

void add_rows(const float* from, Listed listed, Pieces pieces, float* to, Index sums, Index apart) {
    const Index count = static_cast<Index>(pieces.from.size()), vectors = (pieces.length + LANES - 1) / LANES;
    const Index blocks = (vectors + MOST_VECTORS - 1) / MOST_VECTORS;
    for (Index p = 0; p < count;) {
        const Index together = pieces.even ? std::min(MOST_PIECES, count - p) : 1;
        Block block{};
        block.to_sum = apart;
        if (together > 1) {
            block.from_piece = pieces.from[p + 1] - pieces.from[p];
            block.to_piece = pieces.to[p + 1] - pieces.to[p];
        }
        for (Index part = 0; part < blocks; part++) {
            const Range mine = share(vectors, part, blocks);
            block.from = from + pieces.from[p] + mine.first * LANES;
            block.to = to + pieces.to[p] + mine.first * LANES;
            ADDERS[(together - 1) * MOST_VECTORS + mine.size() - 1](block, listed, sums);
        }
        p += together;
    }
}

Index list_chosen(const int* chosen, const float* factors, Index count, int place, Index stride, int* places,
                  float* listed) {
    Index found = 0, i = 0;
#if defined(__AVX512F__)
    const __m512i step = _mm512_mullo_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                                            _mm512_set1_epi32(static_cast<int>(stride)));
    for (; i + LANES <= count; i += LANES) {
        const __m512 factor = _mm512_loadu_ps(factors + i);
        const __mmask16 here = _mm512_cmpeq_epi32_mask(_mm512_loadu_si512(chosen + i), _mm512_set1_epi32(place)) &
                               _mm512_cmp_ps_mask(factor, _mm512_setzero_ps(), _CMP_NEQ_UQ);
        const __m512i row = _mm512_add_epi32(step, _mm512_set1_epi32(static_cast<int>(i * stride)));
        _mm512_storeu_si512(places + found, _mm512_maskz_compress_epi32(here, row));
        _mm512_storeu_ps(listed + found, _mm512_maskz_compress_ps(here, factor));
        found += __builtin_popcount(here);
    }
#endif
    for (; i < count; i++) {
        places[found] = static_cast<int>(i * stride), listed[found] = factors[i];
        found += (chosen[i] == place) & (factors[i] != 0);
    }
    return found;
}

}  // namespace pellucid::PELLUCID_ISA
