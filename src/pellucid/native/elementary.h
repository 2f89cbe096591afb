// exp, sigmoid and tanh of a vector, to within two units in the last place of float32.
//
// Source of the polynomials: S. L. Moshier, "Methods and Programs for Mathematical Functions" (1989), as in Cephes'
// expf and tanhf.
#pragma once

#include "vec.h"

namespace pellucid::PELLUCID_ISA {

// eˣ = 2ⁿ · eʳ with n = round(x / ln 2); ln 2 is taken off in two parts, so that r keeps its digits.
PELLUCID_INLINE Vec exp(Vec x) {
    x = at_most(at_least(x, all(-87.33f)), all(88.72f));
    constexpr float ROUND = 12582912.0f;  // 1.5 · 2²³: adding it leaves no place for fractions
    Vec shifted = x * 1.44269504088896341f + ROUND;
    Vec n = shifted - ROUND;
    Vec r = x - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    Vec p = all(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    // 2ⁿ in two factors: n may be 128, which has no exponent of its own.
    Ints bits = (Ints)shifted - 0x4b400000;
    Ints half = bits >> 1;
    Vec low = (Vec)((half + 127) << 23), high = (Vec)((bits - half + 127) << 23);
    return p * low * high;
}

PELLUCID_INLINE Vec sigmoid(Vec x) { return 1.0f / (1.0f + exp(-x)); }

// Near 0 a polynomial, since 1 - 2 / (e²ˣ + 1) loses its digits there.
PELLUCID_INLINE Vec tanh(Vec x) {
    Vec size = size_of(x);
    Vec far = 1.0f - 2.0f / (exp(size + size) + 1.0f);
    Vec square = x * x;
    Vec p = all(-5.70498872745e-3f);
    p = p * square + 2.06390887954e-2f;
    p = p * square - 5.37397155531e-2f;
    p = p * square + 1.33314422036e-1f;
    p = p * square - 3.33332819422e-1f;
    Vec near = x + x * square * p;
    return size < 0.625f ? near : (x < 0 ? -far : far);
}

}  // namespace pellucid::PELLUCID_ISA
