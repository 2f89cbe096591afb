// One pool of threads for the whole process, and the team that it makes for one piece of work.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <type_traits>
#include <vector>

#include "memory.h"

namespace pellucid::PELLUCID_ISA {

struct Range {
    Index first, last;
    Index size() const { return last - first; }
};

// What two ranges have in common; of no size, or less, if nothing.
inline Range overlap(Range a, Range b) { return {std::max(a.first, b.first), std::min(a.last, b.last)}; }

// How many numbers these ranges hold.
inline Index count_of(const std::vector<Range>& ranges) {
    Index total = 0;
    for (Range range : ranges) total += range.size();
    return total;
}

// The part of 0 … count that belongs to one of `parts`, in whole multiples of `unit`.
inline Range share(Index count, Index part, Index parts, Index unit = 1) {
    Index units = (count + unit - 1) / unit;
    return {units * part / parts * unit, std::min(count, units * (part + 1) / parts * unit)};
}

// Threads that work on the same thing: all call the same function, each with its own number.
class Team {
  public:
    explicit Team(int size) : size(size) {}

    const int size;

    // Returns once all of the team have called it.
    void meet();

  private:
    std::atomic<int> arrived_{0};
    std::atomic<unsigned> round_{0};
};

// Work in numbers 0 … count, a range of them for each thread. A thread that is through with its own helps the others out,
// from their end: one that the system interrupts, or that has a slower core, does not keep the rest waiting.
class Queue {
  public:
    // unit    how many numbers are taken together
    void lay_out(Index count, int threads, Index unit);

    // The next ones for this thread, not more than `most`; empty when all are taken.
    Range take(int thread, Index most);

  private:
    struct alignas(CACHE_LINE) Left {
        std::atomic<std::uint64_t> range;  // its first number, and in the lower half its last
    };

    std::unique_ptr<Left[]> left_;  // by thread
    int threads_ = 0;
    Index unit_ = 1;
};

class Pool {
  public:
    // The process's pool. After a fork, the child has a new one: threads do not survive a fork.
    static Pool& shared();

    void set_threads(int count);
    int threads() const { return wanted_; }

    // work(team, number) on every thread, number 0 on the caller's own. Called while the pool is busy (from another
    // Python thread, say), it runs on the caller's thread alone; results never depend on the size of the team.
    template <class Work>
    void run(bool together, Work&& work) {
        auto call = [](void* what, Team& team, int number) {
            (*static_cast<std::remove_reference_t<Work>*>(what))(team, number);
        };
        run(together, call, &work);
    }

  private:
    using Call = void (*)(void*, Team&, int);

    void run(bool together, Call call, void* what);
    void start();
    void live(int number, unsigned seen);

    std::mutex busy_;
    int wanted_ = 1;
    int running_ = 1;  // threads there are, the caller's included
    std::atomic<unsigned> jobs_{0};
    std::atomic<int> working_{0};
    bool over_ = false;
    Call call_ = nullptr;
    void* what_ = nullptr;
    Team* team_ = nullptr;
};

}  // namespace pellucid::PELLUCID_ISA
