// exp, log, sigmoid, tanh and the bell curve's share of a vector, to within some units in the last place of float32.
//
// Source of the polynomials: S. L. Moshier, "Methods and Programs for Mathematical Functions" (1989), as in Cephes'
// expf, logf, tanhf, erff and erfcf.
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
#if defined(__AVX512F__)
    return (Vec)_mm512_maskz_scalef_ps(0xffff, (__m512)p, (__m512)n);
#else
    // 2ⁿ in two factors: n may be 128, which has no exponent of its own.
    Ints bits = (Ints)shifted - 0x4b400000;
    Ints half = bits >> 1;
    Vec low = (Vec)((half + 127) << 23), high = (Vec)((bits - half + 127) << 23);
    return p * low * high;
#endif
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

// eˣ - 1, which keeps its digits near 0.
PELLUCID_INLINE Vec exp_less_1(Vec x) {
    const Vec half = tanh(x * 0.5f);
    return size_of(x) < 1.0f ? 2 * half / (1 - half) : exp(x) - 1;
}

// log(1 + x) for x from 0 to 1.
PELLUCID_INLINE Vec log_1_and(Vec x) {
    const auto far = x > 0.41421356f;  // beyond, log(1 + x) = log 2 + log((1 + x) / 2)
    const Vec r = far ? (x - 1) * 0.5f : x;
    Vec p = all(7.0376836292e-2f);
    p = p * r - 1.1514610310e-1f;
    p = p * r + 1.1676998740e-1f;
    p = p * r - 1.2420140846e-1f;
    p = p * r + 1.4249322787e-1f;
    p = p * r - 1.6668057665e-1f;
    p = p * r + 2.0000714765e-1f;
    p = p * r - 2.4999993993e-1f;
    p = p * r + 3.3333331174e-1f;
    const Vec square = r * r, log = r - 0.5f * square + r * square * p;
    return far ? log + 0.69314718056f : log;
}

// The share of the bell curve (mean 0, variance 1) that lies below x.
PELLUCID_INLINE Vec bell_share(Vec x) {
    const Vec z = x * 0.70710678118654752f, size = at_most(size_of(z), all(9.3f)), square = z * z;
    Vec near = all(7.853861353153693e-5f);  // erf
    near = near * square - 8.010193625184903e-4f;
    near = near * square + 5.188327685732524e-3f;
    near = near * square - 2.685381193529856e-2f;
    near = near * square + 1.128358514861418e-1f;
    near = near * square - 3.761262582423300e-1f;
    near = near * square + 1.128379165726710f;
    near = 0.5f + 0.5f * z * near;
    const Vec q = 1 / at_least(size, all(1)), y = q * q;
    Vec middle = all(2.326819970068386e-2f);
    middle = middle * y - 1.387039388740657e-1f;
    middle = middle * y + 3.687424674597105e-1f;
    middle = middle * y - 5.824733027278666e-1f;
    middle = middle * y + 6.210004621745983e-1f;
    middle = middle * y - 4.944515323274145e-1f;
    middle = middle * y + 3.404879937665872e-1f;
    middle = middle * y - 2.741127028184656e-1f;
    middle = middle * y + 5.638259427386472e-1f;
    Vec out = all(-1.047766399936249e1f);
    out = out * y + 1.297719955372516e1f;
    out = out * y - 7.495518717768503f;
    out = out * y + 2.921019019210786f;
    out = out * y - 1.015265279202700f;
    out = out * y + 4.218463358204948e-1f;
    out = out * y - 2.820767439740514e-1f;
    out = out * y + 5.641895067754075e-1f;
    const Vec tail = 0.5f * exp(-size * size) * q * (size < 2 ? middle : out);  // erfc / 2
    const Vec share = size < 1 ? near : (z < 0 ? tail : 1 - tail);
    return x == x ? share : x;
}

}  // namespace pellucid::PELLUCID_ISA
