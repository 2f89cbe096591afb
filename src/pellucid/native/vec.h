// A vector of floats as wide as the machine's registers. How wide, the compiler's flags say: the same source is built
// once for each instruction set, in a namespace of its own (PELLUCID_ISA), so that no two builds can mix.
#pragma once

#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define PELLUCID_INLINE inline __attribute__((always_inline))

namespace pellucid::PELLUCID_ISA {

using Index = std::ptrdiff_t;

#if defined(__AVX512F__)
inline constexpr Index LANES = 16;
#elif defined(__AVX2__)
inline constexpr Index LANES = 8;
#else  // SSE2, NEON
inline constexpr Index LANES = 4;
#endif

using Vec = float __attribute__((vector_size(LANES * 4)));
using Ints = int __attribute__((vector_size(LANES * 4)));

PELLUCID_INLINE Vec load(const float* p) {
    Vec v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

PELLUCID_INLINE void store(float* p, Vec v) { std::memcpy(p, &v, sizeof v); }

PELLUCID_INLINE Vec all(float x) { return x - Vec{}; }  // x - 0 is x, which compilers know; 0 + x is not, for -0

// The first `count` lanes (fewer than LANES) from memory, the others filled. Nothing else is read, nor written by
// `store_some`; no lane goes through memory, where a whole vector would wait for it.
#if defined(__AVX512F__)
PELLUCID_INLINE Vec load_some(const float* p, Index count, float fill = 0.0f) {
    return (Vec)_mm512_mask_loadu_ps((__m512)all(fill), static_cast<__mmask16>((1u << count) - 1), p);
}

PELLUCID_INLINE void store_some(float* p, Vec v, Index count) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1), (__m512)v);
}
#elif defined(__AVX2__)
PELLUCID_INLINE Vec load_some(const float* p, Index count, float fill = 0.0f) {
    const Ints lanes{0, 1, 2, 3, 4, 5, 6, 7}, mask = lanes < static_cast<int>(count);
    return mask ? (Vec)_mm256_maskload_ps(p, (__m256i)mask) : all(fill);
}

PELLUCID_INLINE void store_some(float* p, Vec v, Index count) {  // masked stores are slow on some processors
    __m128 low = _mm256_castps256_ps128((__m256)v);
    if (count & 4) {
        _mm_storeu_ps(p, low);
        p += 4, low = _mm256_extractf128_ps((__m256)v, 1);
    }
    if (count & 2) {
        _mm_storel_pi(reinterpret_cast<__m64*>(p), low);
        p += 2, low = _mm_movehl_ps(low, low);
    }
    if (count & 1) _mm_store_ss(p, low);
}
#else
PELLUCID_INLINE Vec load_some(const float* p, Index count, float fill = 0.0f) {
    Vec v = all(fill);
    for (Index i = 0; i < LANES; i++) {
        if (i < count) v[i] = p[i];
    }
    return v;
}

PELLUCID_INLINE void store_some(float* p, Vec v, Index count) {
    for (Index i = 0; i < LANES; i++) {
        if (i < count) p[i] = v[i];
    }
}
#endif

// Both let NaN through when it is in x: a network whose numbers are lost must not look healthy. (x86's instructions give
// their second operand when either is NaN.)
#if defined(__AVX512F__)
PELLUCID_INLINE Vec at_least(Vec x, Vec low) { return (Vec)_mm512_maskz_max_ps(0xffff, (__m512)low, (__m512)x); }
PELLUCID_INLINE Vec at_most(Vec x, Vec high) { return (Vec)_mm512_maskz_min_ps(0xffff, (__m512)high, (__m512)x); }
#elif defined(__AVX2__)
PELLUCID_INLINE Vec at_least(Vec x, Vec low) { return (Vec)_mm256_max_ps((__m256)low, (__m256)x); }
PELLUCID_INLINE Vec at_most(Vec x, Vec high) { return (Vec)_mm256_min_ps((__m256)high, (__m256)x); }
#elif defined(__x86_64__)
PELLUCID_INLINE Vec at_least(Vec x, Vec low) { return (Vec)_mm_max_ps((__m128)low, (__m128)x); }
PELLUCID_INLINE Vec at_most(Vec x, Vec high) { return (Vec)_mm_min_ps((__m128)high, (__m128)x); }
#else
PELLUCID_INLINE Vec at_least(Vec x, Vec low) { return x < low ? low : x; }
PELLUCID_INLINE Vec at_most(Vec x, Vec high) { return x > high ? high : x; }
#endif
PELLUCID_INLINE Vec size_of(Vec x) { return x < 0 ? -x : x; }

PELLUCID_INLINE float sum(Vec v) {
    float total = 0;
    for (Index i = 0; i < LANES; i++) total += v[i];
    return total;
}

PELLUCID_INLINE float largest(Vec v) {
    float most = v[0];
    for (Index i = 1; i < LANES; i++) most = most < v[i] ? v[i] : most;
    return most;
}

// f(i, read, write) for each vector of a row of `count` numbers: read(p + i) and write(p + i, v) keep within the row.
template <class F>
PELLUCID_INLINE void each_vector(Index count, F f) {
    Index i = 0;
    for (; i + LANES <= count; i += LANES) {
        f(i, [](const float* from) { return load(from); }, [](float* to, Vec v) { store(to, v); });
    }
    if (const Index rest = count - i) {
        f(i, [=](const float* from) { return load_some(from, rest); },
          [=](float* to, Vec v) { store_some(to, v, rest); });
    }
}

// `count` floats at `from` become f of them at `to`; the two may be the same.
template <class F>
PELLUCID_INLINE void map(const float* from, float* to, Index count, F f) {
    each_vector(count, [=](Index i, auto read, auto write) { write(to + i, f(read(from + i))); });
}

template <class F>
PELLUCID_INLINE void map(const float* a, const float* b, float* to, Index count, F f) {
    each_vector(count, [=](Index i, auto read, auto write) { write(to + i, f(read(a + i), read(b + i))); });
}

}  // namespace pellucid::PELLUCID_ISA
