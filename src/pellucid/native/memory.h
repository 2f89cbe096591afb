// Memory that starts on a cache line.
#pragma once

#include <memory>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "vec.h"

namespace pellucid::PELLUCID_ISA {

inline constexpr Index CACHE_LINE = 64;       // bytes
inline constexpr Index LARGE_PAGE = 1 << 21;  // likewise

template <class T>
class Buffer {
  public:
    T* data() const { return data_.get(); }

    // At least this many; what was there before is lost when it grows. New memory is zeroed.
    T* resize(Index count) {
        if (count > count_) {
            const std::size_t bytes = count * sizeof(T);
            const std::align_val_t start{static_cast<std::size_t>(bytes < LARGE_PAGE ? CACHE_LINE : LARGE_PAGE)};
            data_ = {static_cast<T*>(::operator new(bytes, start)), Free{start}};
#ifdef __linux__
            if (bytes >= LARGE_PAGE) madvise(data(), bytes, MADV_HUGEPAGE);  // fewer pages to look up; a wish, no more
#endif
            std::memset(static_cast<void*>(data()), 0, bytes);
            count_ = count;
        }
        return data();
    }

  private:
    struct Free {
        std::align_val_t start{};
        void operator()(T* p) const { ::operator delete(p, start); }
    };
    std::unique_ptr<T, Free> data_;
    Index count_ = 0;
};

}  // namespace pellucid::PELLUCID_ISA
