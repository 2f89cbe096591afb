// Which of our builds this processor (and its operating system) can run, the fastest first.
#include <nanobind/nanobind.h>

namespace nb = nanobind;

NB_MODULE(_cpu, m) {
    m.def("supported", [] {
        nb::list names;
#if defined(__x86_64__) || defined(_M_X64)
        __builtin_cpu_init();
        const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                          __builtin_cpu_supports("bmi2");
        const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512vl");
        if (avx512) names.append("avx512");
        if (avx2) names.append("avx2");
        names.append("sse2");
#else
        names.append("neon");
#endif
        return names;
    });
}
