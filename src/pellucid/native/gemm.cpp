#include "gemm.h"

#include <utility>

namespace pellucid::PELLUCID_ISA {

namespace {

// Terms of a sum between two visits to memory: a packed panel of them stays in the second-level cache.
constexpr Index DEPTH = 384;
// With so few rows, copying a panel together costs more than reading it where it lies.
constexpr Index FEW_ROWS = 12;
// With so many, tiles have the time to bring the next panel nearer; with fewer, the processor sees by itself what comes.
constexpr Index MANY_ROWS = 48;

// Terms `depth` of ROWS x VECTORS numbers of C, from row m on; `panel` begins at the first of these terms, and `shift` is
// added to each k on the way to A.
template <bool TRANSPOSED, Index ROWS, Index VECTORS>
PELLUCID_INLINE void add_terms(Vec (&c)[ROWS][VECTORS], const float* const* a, Index m, Range depth, Index shift,
                               const float* panel, Index stride) {
    const float* row[ROWS];
    for (Index i = 0; i < ROWS; i++) row[i] = TRANSPOSED ? nullptr : a[m + i] + shift;
#pragma GCC unroll 4
    for (Index k = depth.first; k < depth.last; k++, panel += stride) {
        Vec b[VECTORS];
#pragma GCC unroll 8
        for (Index j = 0; j < VECTORS; j++) b[j] = load(panel + j * LANES);
        const float* column = TRANSPOSED ? a[k] + m : nullptr;
#pragma GCC unroll 8
        for (Index i = 0; i < ROWS; i++) {
            Vec x = all(TRANSPOSED ? column[i] : row[i][k]);
#pragma GCC unroll 8
            for (Index j = 0; j < VECTORS; j++) c[i][j] += x * b[j];
        }
    }
}

// The same where A's rows may lie in pieces, or have terms that are left out.
template <bool TRANSPOSED, Index ROWS, Index VECTORS>
PELLUCID_INLINE void tile(Vec (&c)[ROWS][VECTORS], const Left& a, Index m, Range depth, const float* panel,
                          Index stride) {
    if (a.used) {
        for (const Range& used : *a.used) {
            const Range now = overlap(used, depth);
            if (now.size() > 0) add_terms<TRANSPOSED>(c, a.rows, m, now, 0, panel + (now.first - depth.first) * stride, stride);
        }
        return;
    }
    if (!a.piece) return add_terms<TRANSPOSED>(c, a.rows, m, depth, 0, panel, stride);
    Index number = depth.first / a.piece;
    for (Index k = depth.first; k < depth.last; number++) {
        const Index end = std::min(depth.last, (number + 1) * a.piece);
        const Index shift = a.offsets[number] - number * a.piece;
        add_terms<TRANSPOSED>(c, a.rows, m, {k, end}, shift, panel + (k - depth.first) * stride, stride);
        k = end;
    }
}

// One panel's share of the product: `count` columns of C from n on.
struct Piece {
    Left a;
    const float* panel;
    Index stride;
    Range rows, depth;
    Index n, count;
    float* partial;  // the sums so far, where `depth` is not all there is to sum; row m at partial + m * PANEL
    bool first, last;
    Sink& sink;
    const float* next;  // the panel after this one, if it is known where it lies
    Index next_size;
};

template <bool TRANSPOSED, Index ROWS, Index VECTORS>
void run_tile(const Piece& p, Index m) {
    if (p.last) p.sink.expect({m, m + ROWS}, p.n, p.count);
    Vec c[ROWS][VECTORS];  // in registers: each loop over it is unrolled
    float* const partial = p.partial + (m - p.rows.first) * PANEL;
#pragma GCC unroll 8
    for (Index i = 0; i < ROWS; i++) {
#pragma GCC unroll 8
        for (Index j = 0; j < VECTORS; j++) c[i][j] = Vec{};
    }
    if (!p.first) {
#pragma GCC unroll 8
        for (Index i = 0; i < ROWS; i++) {
#pragma GCC unroll 8
            for (Index j = 0; j < VECTORS; j++) c[i][j] = load(partial + i * PANEL + j * LANES);
        }
    }
    tile<TRANSPOSED>(c, p.a, m, p.depth, p.panel, p.stride);
    alignas(CACHE_LINE) float done[ROWS * PANEL];
    float* const to = p.last ? done : partial;
#pragma GCC unroll 8
    for (Index i = 0; i < ROWS; i++) {
#pragma GCC unroll 8
        for (Index j = 0; j < VECTORS; j++) store(to + i * PANEL + j * LANES, c[i][j]);
    }
    if (p.last) p.sink.take_rows({m, m + ROWS}, p.n, p.count, done);
}

constexpr Index LINE = CACHE_LINE / static_cast<Index>(sizeof(float));

void bring_nearer(const Piece& p, Index m, Index rows) {
    for (Index i = 0; i < rows; i++) {
        const float* row = p.a.ahead[m + i];
        for (Index k = p.depth.first; k < p.depth.last; k += LINE) __builtin_prefetch(row + k, 0, 2);
    }
}

// Each tile brings its share of the next panel to the second-level cache.
void bring_next_panel(const Piece& p, Index tile) {
    const Range mine = share(p.next_size, tile, p.rows.size() / TILE_ROWS, LINE);
    for (Index i = mine.first; i < mine.last; i += LINE) __builtin_prefetch(p.next + i, 0, 2);
}

template <bool TRANSPOSED, Index VECTORS>
void run_panel(const Piece& p) {
    Index m = p.rows.first;
    const bool ahead = p.a.ahead != nullptr && p.n == 0;
    for (Index number = 0; m + TILE_ROWS <= p.rows.last; m += TILE_ROWS, number++) {
        if (ahead) bring_nearer(p, m, TILE_ROWS);
        if (p.next) bring_next_panel(p, number);
        run_tile<TRANSPOSED, TILE_ROWS, VECTORS>(p, m);
    }
    if (ahead) bring_nearer(p, m, p.rows.last - m);
    switch (p.rows.last - m) {
        case 1: return run_tile<TRANSPOSED, 1, VECTORS>(p, m);
        case 2: return run_tile<TRANSPOSED, 2, VECTORS>(p, m);
        case 3: return run_tile<TRANSPOSED, 3, VECTORS>(p, m);
        case 4: return run_tile<TRANSPOSED, 4, VECTORS>(p, m);
        case 5: return run_tile<TRANSPOSED, 5, VECTORS>(p, m);
    }
}

template <bool TRANSPOSED>
void run_panel(const Piece& p, Index vectors) {
    switch (vectors) {
        case 1: return run_panel<TRANSPOSED, 1>(p);
        case 2: return run_panel<TRANSPOSED, 2>(p);
        case 3: return run_panel<TRANSPOSED, std::min<Index>(3, TILE_VECTORS)>(p);
        case 4: return run_panel<TRANSPOSED, TILE_VECTORS>(p);
    }
}

// Which lanes, of two vectors counted through, the two rows of `swap_quarters` take. Known to the compiler, not computed.
template <Index HALF>
constexpr int above(std::size_t lane) {
    return static_cast<int>(lane & HALF ? lane - HALF + LANES : lane);
}
template <Index HALF>
constexpr int below(std::size_t lane) {
    return static_cast<int>(lane & HALF ? lane + LANES : lane + HALF);
}

// Of two rows HALF apart in a square: their lanes, with the off-diagonal quarters of squares twice that size swapped.
template <Index HALF, std::size_t... I>
PELLUCID_INLINE void swap_quarters(Vec& top, Vec& bottom, std::index_sequence<I...>) {
    const Vec a = top, b = bottom;
#if defined(__clang__)
    top = __builtin_shufflevector(a, b, above<HALF>(I)...), bottom = __builtin_shufflevector(a, b, below<HALF>(I)...);
#else
    top = __builtin_shuffle(a, b, Ints{above<HALF>(I)...}), bottom = __builtin_shuffle(a, b, Ints{below<HALF>(I)...});
#endif
}

// LANES rows of LANES numbers become columns, by halving.
template <Index HALF = LANES / 2>
PELLUCID_INLINE void transpose(Vec (&rows)[LANES]) {
#pragma GCC unroll 16
    for (Index i = 0; i < LANES; i++) {
        if (!(i & HALF)) swap_quarters<HALF>(rows[i], rows[i + HALF], std::make_index_sequence<LANES>());
    }
    if constexpr (HALF > 1) transpose<HALF / 2>(rows);
}

// Terms `depth` of columns n … n + count of B, as rows one after another, filled up to whole vectors: with whatever
// follows in memory, as long as anything does. No number of C that anybody asked for depends on it.
void pack_plain(Right b, Range depth, Index n, Index count, Index width, float* panel) {
    const Index whole = count / LANES * LANES, over = depth.last - (width + b.stride - 1) / b.stride;
    for (Index k = depth.first; k < depth.last; k++, panel += width) {
        const float* row = b.data + k * b.stride + n;
        for (Index j = 0; j < whole; j += LANES) store(panel + j, load(row + j));
        if (whole == width) continue;
        store(panel + whole, k < over ? load(row + whole) : load_some(row + whole, count - whole));
    }
}

// The same of up to LANES columns of a B that is given transposed: a square of LANES by LANES at a time.
void pack_squares(Right b, Range depth, Index n, Index count, Index width, float* panel) {
    for (Index k = depth.first; k < depth.last; k += LANES, panel += LANES * width) {
        const Index terms = std::min(LANES, depth.last - k);
        const float* corner = b.data + n * b.stride + k;
        Vec square[LANES];
        if (terms == LANES && count >= LANES) {
#pragma GCC unroll 16
            for (Index i = 0; i < LANES; i++) square[i] = load(corner + i * b.stride);
            transpose(square);
#pragma GCC unroll 16
            for (Index i = 0; i < LANES; i++) store(panel + i * width, square[i]);
            continue;
        }
        for (Index i = 0; i < LANES; i++) {
            const float* row = corner + i * b.stride;
            square[i] = i >= count ? Vec{} : terms == LANES ? load(row) : load_some(row, terms);
        }
        transpose(square);
        for (Index i = 0; i < terms; i++) store(panel + i * width, square[i]);
    }
}

void pack_transposed(Right b, Range depth, Index n, Index count, Index width, float* panel) {
    for (Index j = 0; j < width; j += LANES) pack_squares(b, depth, n + j, count - j, width, panel + j);
}

// Columns of the panel that begins at column n: whole vectors.
Index width_of_panel(Index n, Index columns) { return (std::min(PANEL, columns - n) + LANES - 1) / LANES * LANES; }

void pack_panel(Right b, Range depth, Index n, Index columns, float* panel) {
    const Index count = std::min(PANEL, columns - n), width = width_of_panel(n, columns);
    (b.transposed ? pack_transposed : pack_plain)(b, depth, n, count, width, panel);
}

}  // namespace

Right pack(Right b, Index columns, Index depth, Buffer<float>& memory) {
    memory.resize((columns + LANES) * depth);
    for (Index n = 0; n < columns; n += PANEL) pack_panel(b, {0, depth}, n, columns, memory.data() + n * depth);
    return {.data = memory.data(), .stride = depth, .packed = true};
}

void pack_rows(Right b, Range rows, Index columns, Index depth, float* memory) {
    if (b.transposed) {
        for (Index j = rows.first; j < rows.last; j += LANES) {
            const Index n = j / PANEL * PANEL;
            pack_squares(b, {0, depth}, j, rows.last - j, width_of_panel(n, columns), memory + n * depth + j - n);
        }
        return;
    }
    for (Index n = 0; n < columns; n += PANEL) {
        const Index count = std::min(PANEL, columns - n), whole = count / LANES * LANES, width = width_of_panel(n, columns);
        for (Index k = rows.first; k < rows.last; k++) {
            const float* row = b.data + k * b.stride + n;
            float* to = memory + n * depth + k * width;
            for (Index j = 0; j < whole; j += LANES) store(to + j, load(row + j));
            if (whole < width) store(to + whole, load_some(row + whole, count - whole));
        }
    }
}

void multiply(Left a, Right b, Range rows, Index columns, Index depth, Sink& sink) {
    if (rows.size() <= 0) return;
    static thread_local Buffer<float> packed, partial;
    // As many terms in each visit, about DEPTH; fewer where A's columns take part of the first-level cache, too.
    const Index used = a.used ? count_of(*a.used) : depth;
    const Index visits = std::max<Index>(1, (used + (a.transposed ? DEPTH - 1 : DEPTH / 2)) / DEPTH);
    const Index most = std::max<Index>(1, (depth + visits - 1) / visits);
    packed.resize(most * PANEL);
    if (visits > 1) partial.resize(rows.size() * (columns + PANEL));
    for (Index k = 0; k < depth || k == 0; k += most) {
        const Range terms{k, std::min(depth, k + most)};
        for (Index n = 0; n < columns; n += PANEL) {
            const Index count = std::min(PANEL, columns - n), width = width_of_panel(n, columns);
            const bool whole = !b.packed && !b.transposed && count == width;
            const bool as_it_lies = whole && (b.stride == width || rows.size() < FEW_ROWS);
            const float* panel = packed.data();
            if (b.packed) {
                panel = b.data + n * b.stride + k * width;
            } else if (as_it_lies) {
                panel = b.data + k * b.stride + n;
            } else if (!a.used) {
                pack_panel(b, terms, n, columns, packed.data());
            } else {
                for (const Range& used : *a.used) {
                    const Range now = overlap(used, terms);
                    if (now.size() > 0) pack_panel(b, now, n, columns, packed.data() + (now.first - terms.first) * width);
                }
            }
            Piece piece{
                .a = a,
                .panel = panel,
                .stride = as_it_lies ? b.stride : width,
                .rows = rows,
                .depth = terms,
                .n = n,
                .count = count,
                .partial = partial.data() + rows.size() * n,
                .first = k == 0,
                .last = terms.last == depth,
                .sink = sink,
                .next = b.packed && n + PANEL < columns && rows.size() >= MANY_ROWS ? panel + PANEL * b.stride : nullptr,
                .next_size = terms.size() * width,
            };
            a.transposed ? run_panel<true>(piece, width / LANES) : run_panel<false>(piece, width / LANES);
        }
    }
}

}  // namespace pellucid::PELLUCID_ISA
