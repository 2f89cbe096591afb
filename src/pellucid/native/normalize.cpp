#include "normalize.h"

#include <cmath>

#include "sinks.h"

namespace pellucid::PELLUCID_ISA {

namespace {

// Σ over rows first … last of a · b, of columns `columns`; b null: of a.
void sum_products(const float* a, const float* b, Range rows, Index stride, Range columns, float* total) {
    each_vector(columns.size(), [&](Index i, auto read, auto write) {
        Vec sum{};
        for (Index m = rows.first; m < rows.last; m++) {
            const Index at = m * stride + columns.first + i;
            sum += b ? read(a + at) * read(b + at) : read(a + at);
        }
        write(total + columns.first + i, sum);
    });
}

// gamma · normal + beta, in one row.
void scale_and_shift(const Normalization& n, const float* normal, float* y, Index width) {
    each_vector(width, [&](Index c, auto read, auto write) {
        Vec v = read(normal + c);
        if (n.gamma) v = v * read(n.gamma->from + c);
        if (n.beta) v = v + read(n.beta->from + c);
        write(y + c, v);
    });
}

}  // namespace

// BatchNorm ----------------------------------------------------------------------------------------

void BatchNorm::make_room(Index samples, bool learning) {
    const Index width = y_.width;
    for (Buffer<float>* each : {&mean_, &variance_, &scale_, &shift_, &dbeta_, &dgamma_}) each->resize(width);
    if (learning) {
        normal_.resize(samples * y_.size());
        first_.resize(samples * width), second_.resize(samples * width);
    }
}

void BatchNorm::forward(const Step& step, Range samples) {
    const Index width = y_.width;
    if (meets(step)) {
        measure(step, samples);
        step.team->meet();
        add_up(share(width, step.thread, step.team->size, LANES), step.samples);
        step.team->meet();
    } else if (!step.learning) {  // one product and one sum for each number; every thread works out the same
        static thread_local Buffer<float> own;
        float *scale = own.resize(2 * width), *shift = scale + width;
        for (Index c = 0; c < width; c++) {
            const float spread = std::sqrt(averages_.variance.from[c] + static_cast<float>(n_.epsilon));
            scale[c] = (n_.gamma ? n_.gamma->from[c] : 1.0f) / spread;
            shift[c] = (n_.beta ? n_.beta->from[c] : 0.0f);
        }
        const float* mean = averages_.mean.from;
        const Range places = y_.places_of(samples);
        for (Index m = places.first; m < places.last; m++) {
            const float* x = x_.rows[m];
            float* y = y_.data + m * width;
            each_vector(width, [&](Index c, auto read, auto write) {
                write(y + c, (read(x + c) - read(mean + c)) * read(scale + c) + read(shift + c));
            });
        }
        return;
    } else {  // a frozen layer among others that learn
        if (step.thread == 0) {
            for (Index c = 0; c < width; c++) {
                mean_.data()[c] = averages_.mean.from[c], variance_.data()[c] = averages_.variance.from[c];
                scale_.data()[c] = 1 / std::sqrt(variance_.data()[c] + static_cast<float>(n_.epsilon));
            }
        }
        step.team->meet();
    }
    const float *mean = mean_.data(), *scale = scale_.data();
    const Range places = y_.places_of(samples);
    for (Index m = places.first; m < places.last; m++) {
        const float* x = x_.rows[m];
        float* normal = normal_.data() + m * width;
        each_vector(width, [&](Index c, auto read, auto write) {
            write(normal + c, (read(x + c) - read(mean + c)) * read(scale + c));
        });
        scale_and_shift(n_, normal, y_.data + m * width, width);
    }
}

// Of each of these samples, and of each channel: the mean over its places, and the sum of squares around it.
void BatchNorm::measure(const Step&, Range samples) {
    const Index width = y_.width, places = y_.places;
    for (Index n = samples.first; n < samples.last; n++) {
        const float* x = x_.rows[n * places];
        float *mean = first_.data() + n * width, *squares = second_.data() + n * width;
        each_vector(width, [&](Index c, auto read, auto write) {
            Vec sum{};
            for (Index m = 0; m < places; m++) sum += read(x + m * width + c);
            const Vec middle = sum / static_cast<float>(places);
            Vec around{};
            for (Index m = 0; m < places; m++) {
                const Vec off = read(x + m * width + c) - middle;
                around += off * off;
            }
            write(mean + c, middle);
            write(squares + c, around);
        });
    }
}

// From the samples' means and squares to the batch's:  Σ (x - mean)² = Σ squares + places · Σ (sample's mean - mean)².
void BatchNorm::add_up(Range channels, Index samples) {
    const Index width = y_.width;
    const float places = static_cast<float>(y_.places), count = static_cast<float>(samples);
    if (channels.size() <= 0) return;
    each_vector(channels.size(), [&](Index i, auto read, auto write) {
        const Index c = channels.first + i;
        Vec sum{}, squares{}, between{};
        for (Index n = 0; n < samples; n++) sum += read(first_.data() + n * width + c);
        const Vec mean = sum / count;
        for (Index n = 0; n < samples; n++) {
            const Vec off = read(first_.data() + n * width + c) - mean;
            squares += read(second_.data() + n * width + c);
            between += off * off;
        }
        write(mean_.data() + c, mean);
        write(variance_.data() + c, (squares / places + between) / count);
    });
    for (Index c = channels.first; c < channels.last; c++) {
        scale_.data()[c] = 1 / std::sqrt(variance_.data()[c] + static_cast<float>(n_.epsilon));
    }
}

void BatchNorm::backward(const Step& step, Range samples) {
    if (!y_.slope) return;
    const Index width = y_.width, places = y_.places;
    for (Index n = samples.first; n < samples.last; n++) {
        const Range its{n * places, (n + 1) * places};
        sum_products(y_.slope, nullptr, its, width, {0, width}, first_.data() + n * width);
        sum_products(y_.slope, normal_.data(), its, width, {0, width}, second_.data() + n * width);
    }
    step.team->meet();
    const Range channels = share(width, step.thread, step.team->size, LANES);
    if (channels.size() > 0) {
        sum_products(first_.data(), nullptr, {0, step.samples}, width, channels, dbeta_.data());
        sum_products(second_.data(), nullptr, {0, step.samples}, width, channels, dgamma_.data());
    }
    step.team->meet();
    if (!x_.slope) return;
    const float count = static_cast<float>(step.samples * places);
    const float *dbeta = dbeta_.data(), *dgamma = dgamma_.data(), *scale = scale_.data();
    const Range all = y_.places_of(samples);
    for (Index m = all.first; m < all.last; m++) {
        const float *dy = y_.slope + m * width, *normal = normal_.data() + m * width;
        float* dx = x_.slope + m * width;
        each_vector(width, [&](Index c, auto read, auto write) {
            Vec d = read(dy + c);
            if (own_) d = d - read(dbeta + c) / count - read(normal + c) * (read(dgamma + c) / count);
            d = d * read(scale + c);
            write(dx + c, n_.gamma ? d * read(n_.gamma->from + c) : d);
        });
    }
}

void BatchNorm::learn(const Step&, const Optimizer& optimizer, Index part, Index parts) {
    if (!n_.learn || !y_.slope) return;
    const Range channels = share(y_.width, part, parts, LANES);
    if (channels.size() <= 0) return;
    if (n_.gamma) optimizer.move(*n_.gamma, channels.first, channels.size(), dgamma_.data() + channels.first);
    if (n_.beta) optimizer.move(*n_.beta, channels.first, channels.size(), dbeta_.data() + channels.first);
}

void BatchNorm::carry(const Step& step, Index part, Index parts) {
    if (!meets(step)) return;
    const Range channels = share(y_.width, part, parts, LANES);
    if (channels.size() <= 0) return;
    const float keep = static_cast<float>(averages_.momentum), less = static_cast<float>(1 - averages_.momentum);
    auto move = [&](const Parameter& average, const float* now) {
        map(average.from + channels.first, now + channels.first, average.to + channels.first, channels.size(),
            [=](Vec old, Vec now) { return keep * old + less * now; });
    };
    move(averages_.mean, mean_.data());
    move(averages_.variance, variance_.data());
}

// LayerNorm ----------------------------------------------------------------------------------------

void LayerNorm::make_room(Index samples, bool) {
    normal_.resize(samples * y_.size());
    scale_.resize(samples * y_.places);
}

void LayerNorm::forward(const Step&, Range samples) {
    const Index width = y_.width;
    const float count = static_cast<float>(width);
    const Range places = y_.places_of(samples);
    for (Index m = places.first; m < places.last; m++) {
        const float* x = x_.rows[m];
        float* normal = normal_.data() + m * width;
        float total = 0, squares = 0;
        for (Index c = 0; c < width; c++) total += x[c];
        const float mean = total / count;
        map(x, normal, width, [=](Vec x) { return x - mean; });
        for (Index c = 0; c < width; c++) squares += normal[c] * normal[c];
        const float scale = 1 / std::sqrt(squares / count + static_cast<float>(n_.epsilon));
        map(normal, normal, width, [=](Vec off) { return off * scale; });
        scale_.data()[m] = scale;
        scale_and_shift(n_, normal, y_.data + m * width, width);
    }
}

void LayerNorm::backward(const Step&, Range samples) {
    if (!x_.slope || !y_.slope) return;
    const Index width = y_.width;
    const float count = static_cast<float>(width);
    const Range places = y_.places_of(samples);
    for (Index m = places.first; m < places.last; m++) {
        const float *dy = y_.slope + m * width, *normal = normal_.data() + m * width;
        const float scale = scale_.data()[m];
        float* dx = x_.slope + m * width;
        if (n_.gamma) {
            map(dy, n_.gamma->from, dx, width, [](Vec dy, Vec gamma) { return dy * gamma; });
        } else {
            std::memcpy(dx, dy, width * sizeof(float));
        }
        float total = 0, along = 0;
        for (Index c = 0; c < width; c++) total += dx[c], along += dx[c] * normal[c];
        const float mean = total / count, slope = along / count;
        map(dx, normal, dx, width, [=](Vec d, Vec n) { return (d - mean - n * slope) * scale; });
    }
}

void LayerNorm::learn(const Step& step, const Optimizer& optimizer, Index part, Index parts) {
    if (!n_.learn || !y_.slope) return;
    const Index rows = step.samples * y_.places, width = y_.width;
    const Range columns = share(width, part, parts, LANES);
    if (columns.size() <= 0) return;
    static thread_local Buffer<float> total;
    float* sums = total.resize(width);
    if (n_.gamma) {
        sum_products(y_.slope, normal_.data(), {0, rows}, width, columns, sums);
        optimizer.move(*n_.gamma, columns.first, columns.size(), sums + columns.first);
    }
    if (n_.beta) learn_bias(*n_.beta, y_.slope, rows, width, optimizer, part, parts);
}

}  // namespace pellucid::PELLUCID_ISA
