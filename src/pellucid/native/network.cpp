#include "network.h"

#include <chrono>
#include <cmath>
#include <stdexcept>

#include "activations.h"
#include "conv.h"
#include "dense.h"
#include "dropout.h"
#include "lstm.h"
#include "pool.h"
#include "reshape.h"

namespace pellucid::PELLUCID_ISA {

namespace {

constexpr double WORTH_SHARING = 2e6;   // floating-point operations that one thread does before others could help
constexpr Index PREDICTED_AT_ONCE = 512;  // samples

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

// Building -----------------------------------------------------------------------------------------

int Network::add_value(Index places, Index width, int reads) {
    auto made = std::make_unique<Value>();
    made->places = places, made->width = width;
    values_.push_back(std::move(made));
    int number = static_cast<int>(values_.size()) - 1;
    reads_.push_back(reads);
    in_place_.push_back(false);
    keeps_.push_back(false);
    learns_.push_back(reads >= 0 && learns_[reads]);
    return number;
}

int Network::input(Index places, Index width) { return add_value(places, width, -1); }

int Network::parameter(Index size, double decay, bool moves) {
    auto made = std::make_unique<Parameter>();
    made->size = size, made->decay = decay;
    parameters_.push_back(std::move(made));
    moves_.push_back(moves);
    return static_cast<int>(parameters_.size()) - 1;
}

int Network::dense(int x, Index units, int kernel, int bias) {
    int y = add_value(value(x).places, units, x);
    const Parameter* its_bias = bias < 0 ? nullptr : parameters_[bias].get();
    nodes_.push_back(std::make_unique<Dense>(value(x), value(y), *parameters_[kernel], its_bias, moves_[kernel]));
    learns_[y] = learns_[x] || moves_[kernel];
    work_ += 2.0 * value(x).size() * units;
    return y;
}

int Network::conv(int x, Window window, Index filters, int kernel, int bias) {
    int y = add_value(window.places(), filters, x);
    const Parameter* its_bias = bias < 0 ? nullptr : parameters_[bias].get();
    nodes_.push_back(std::make_unique<Conv>(value(x), value(y), window, *parameters_[kernel], its_bias, moves_[kernel]));
    learns_[y] = learns_[x] || moves_[kernel];
    work_ += 2.0 * static_cast<double>(parameters_[kernel]->size * window.places());
    return y;
}

int Network::lstm(int x, Index units, int kernel, int recurrent_kernel, int bias, bool all_times) {
    const Index times = value(x).places;
    int y = add_value(all_times ? times : 1, units, x);
    const Parameter* its_bias = bias < 0 ? nullptr : parameters_[bias].get();
    const LstmParameters its{*parameters_[kernel], *parameters_[recurrent_kernel], its_bias, moves_[kernel]};
    nodes_.push_back(std::make_unique<Lstm>(value(x), value(y), its));
    learns_[y] = learns_[x] || moves_[kernel];
    work_ += 2.0 * static_cast<double>(times * (parameters_[kernel]->size + parameters_[recurrent_kernel]->size));
    return y;
}

int Network::pool(int x, Window window, bool largest) {
    int y = add_value(window.places(), value(x).width, x);
    nodes_.emplace_back(make_pool(value(x), value(y), window, largest));
    keeps_[y] = largest;
    return y;
}

int Network::activation(int x, const std::string& name) {
    int y = add_value(value(x).places, value(x).width, x);
    nodes_.emplace_back(make_activation(name, value(x), value(y)));
    if (!nodes_.back()) throw std::invalid_argument("no kernel for the activation " + name);
    in_place_[y] = keeps_[y] = true;
    return y;
}

int Network::dropout(int x, double rate, std::uint32_t number) {
    int y = add_value(value(x).places, value(x).width, x);
    nodes_.push_back(std::make_unique<Dropout>(value(x), value(y), rate, number));
    in_place_[y] = true;
    return y;
}

int Network::reshape(int x, Index places, Index width) {
    int y = add_value(places, width, x);
    nodes_.push_back(std::make_unique<Reshape>(value(x), value(y)));
    return y;
}

void Network::loss(const LossSettings& settings, int reads) {
    loss_ = std::make_unique<Loss>(settings, value(reads));
    loss_reads_ = reads;
}

void Network::measure(const std::string& name, double threshold) {
    measures_.emplace_back(make_measure(name, threshold));
    if (!measures_.back()) throw std::invalid_argument("no kernel for the metric " + name);
}

std::vector<Index> Network::sizes(bool training) const {
    std::vector<Index> found;
    for (std::size_t i = 0; i < parameters_.size(); i++) {
        const Index slots = training && moves_[i] ? optimizer_->slots() : 0;
        found.insert(found.end(), 1 + slots, parameters_[i]->size);
    }
    return found;
}

// Memory -------------------------------------------------------------------------------------------

void Network::point(const Pointers& from, const Pointers* to) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < parameters_.size(); i++) {
        Parameter& p = *parameters_[i];
        p.from = from[next];
        if (to) p.to = (*to)[next];
        next++;
        for (Index s = 0; to && moves_[i] && s < optimizer_->slots(); s++, next++) {
            p.slots_from[s] = from[next], p.slots_to[s] = (*to)[next];
        }
    }
}

// From the second batch on what moves is read from where the first has written it. What does not move is only in `from`.
void Network::continue_in_place() {
    for (std::size_t i = 0; i < parameters_.size(); i++) {
        Parameter& p = *parameters_[i];
        if (!moves_[i]) continue;
        p.from = p.to;
        for (Index s = 0; s < optimizer_->slots(); s++) p.slots_from[s] = p.slots_to[s];
    }
}

// Which values share memory, and which need a slope.
void Network::plan_memory() {
    lives_in_.resize(values_.size());
    has_slope_.assign(values_.size(), false);
    std::vector<bool> taken(values_.size(), false);
    for (int v = 0; v < static_cast<int>(values_.size()); v++) {
        int x = reads_[v];
        bool rearranged = x >= 0 && !in_place_[v] && dynamic_cast<Reshape*>(nodes_[v - 1].get());
        bool over_it = in_place_[v] && x != loss_reads_ && lives_in_[x] != 0 && !taken[lives_in_[x]];  // 0: the input's
        lives_in_[v] = rearranged || over_it ? lives_in_[x] : v;
        taken[lives_in_[v]] = taken[lives_in_[v]] || keeps_[v];
    }
    for (int v = loss_reads_; v >= 0; v = reads_[v]) has_slope_[v] = learns_[v];
}

void Network::make_room(Index samples, bool learning) {
    if (samples <= room_ && (room_to_learn_ || !learning)) return;
    if (room_ == 0) plan_memory();
    samples = std::max(samples, room_);
    room_to_learn_ = room_to_learn_ || learning;
    data_.resize(values_.size()), slopes_.resize(values_.size());
    for (int v = 0; v < static_cast<int>(values_.size()); v++) {
        Value& value = *values_[v];
        int home = lives_in_[v];
        value.rows.resize(samples * value.places);
        if (home == 0) continue;
        if (home == v) {
            value.data = data_[v].resize(samples * value.size());
            if (room_to_learn_ && has_slope_[v]) value.slope = slopes_[v].resize(samples * value.size());
        } else {
            value.data = values_[home]->data, value.slope = has_slope_[v] ? values_[home]->slope : nullptr;
        }
        for (std::size_t m = 0; m < value.rows.size(); m++) value.rows[m] = value.data + m * value.width;
    }
    for (auto& node : nodes_) node->make_room(samples, room_to_learn_);
    targets_.rows.resize(samples);
    next_inputs_.resize(samples);
    losses_.resize(samples);
    measured_.assign(measures_.size(), std::vector<double>(samples));
    room_ = samples;
}

// Running ------------------------------------------------------------------------------------------

bool Network::worth_sharing(Index samples, bool learning) const {
    return work_ * static_cast<double>(samples) * (learning ? 3 : 1) > WORTH_SHARING;
}

// Where samples `samples` of this batch lie. `end` is that of all the data: the next batch may go on until there.
void Network::pick(const Data& data, Range batch, Range samples, Index end) {
    auto at = [&](Index n) { return data.order ? static_cast<Index>(data.order[n]) : n; };
    Value& x = *values_.front();
    for (Index n = samples.first; n < samples.last; n++) {
        const Index sample = at(batch.first + n);
        for (Index i = 0; i < x.places; i++) x.rows[n * x.places + i] = data.x + sample * x.size() + i * x.width;
        targets_.rows[n] = data.y + sample * data.y_size;
        if (data.weights) targets_.weights[n] = data.weights + sample;
        const Index next = batch.last + n < end ? at(batch.last + n) : sample;
        next_inputs_[n] = data.x + next * x.size();
    }
}

void Network::forward(const Step& step, Range samples) {
    for (auto& node : nodes_) node->forward(step, samples);
}

void Network::judge(const Step& step, Range samples) {
    loss_->judge(step, targets_, samples, losses_.data());
    const Value& output = *values_[output_];
    for (std::size_t i = 0; i < measures_.size(); i++) {
        const Index stride = measures_[i]->labels() ? 1 : output.width;
        for (Index n = samples.first; n < samples.last; n++) {
            double total = 0;
            for (Index p = 0; p < output.places; p++) {
                total += measures_[i]->measure(targets_.rows[n] + p * stride, output.rows[n * output.places + p], output.width);
            }
            measured_[i][n] = total / static_cast<double>(output.places);
        }
    }
}

double Network::cost(Index samples) const {
    double total = 0;
    for (Index n = 0; n < samples; n++) total += losses_[n];
    return total / loss_->divisor(samples);
}

void Network::add_up(Index samples, Tally& tally) const {
    tally.batches++;
    tally.samples += samples;
    tally.loss += cost(samples) * static_cast<double>(samples);
    tally.measures.resize(measures_.size());
    for (std::size_t i = 0; i < measures_.size(); i++) {
        for (Index n = 0; n < samples; n++) tally.measures[i] += measured_[i][n];
    }
}

Tally Network::train(const Pointers& from, const Pointers& to, const Data& data, Range samples, Index batch,
                     const std::vector<double>& rates, Index number, const Key* key, double seconds) {
    make_room(std::min(batch, samples.size()), true);
    targets_.weights.assign(data.weights ? room_ : 0, nullptr);
    point(from, &to);
    const auto start = std::chrono::steady_clock::now();
    Tally tally;
    bool over = false;
    Pool::shared().run(worth_sharing(std::min(batch, samples.size()), true), [&](Team& team, int thread) {
        Step step{.learning = true};
        for (Index first = samples.first, count = 0; !over; first += batch, count++) {
            const Range now{first, std::min(first + batch, samples.last)};
            step.samples = now.size();
            step.number = number + count;
            const Key own = key ? fold_in(*key, static_cast<std::uint32_t>(step.number)) : Key{};
            step.key = key ? &own : nullptr;
            step.rate = rates[std::min<std::size_t>(count, rates.size() - 1)];
            step.next_inputs = data.order ? next_inputs_.data() : nullptr;
            const Range mine = share(now.size(), thread, team.size);
            pick(data, now, mine, samples.last);
            forward(step, mine);
            judge(step, mine);
            for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) (*node)->backward(step, mine);
            if (thread == 0) optimizer_->begin(step.number, step.rate);
            team.meet();
            const bool finite = std::isfinite(cost(now.size()));
            if (thread == 0) {
                add_up(now.size(), tally);
                tally.finite = finite;
                over = !finite || now.last == samples.last || seconds_since(start) > seconds;
            }
            if (finite) {
                for (auto& node : nodes_) node->learn(step, *optimizer_, thread, team.size);
            }
            team.meet();
            if (count == 0) {
                if (thread == 0) continue_in_place();
                team.meet();
            }
        }
    });
    return tally;
}

Tally Network::evaluate(const Pointers& from, const Data& data, Range samples, Index batch) {
    make_room(std::min(batch, samples.size()), false);
    targets_.weights.assign(data.weights ? room_ : 0, nullptr);
    point(from, nullptr);
    Tally tally;
    Pool::shared().run(worth_sharing(std::min(batch, samples.size()), false), [&](Team& team, int thread) {
        for (Index first = samples.first; first < samples.last; first += batch) {
            const Range now{first, std::min(first + batch, samples.last)};
            const Step step{.samples = now.size()};
            const Range mine = share(now.size(), thread, team.size);
            pick(data, now, mine, samples.last);
            forward(step, mine);
            judge(step, mine);
            team.meet();
            if (thread == 0) add_up(now.size(), tally);
            team.meet();
        }
    });
    return tally;
}

void Network::predict(const Pointers& from, const float* x, Index samples, float* out) {
    make_room(std::min(samples, PREDICTED_AT_ONCE), false);
    point(from, nullptr);
    Value &input = *values_.front(), &output = *values_[output_];
    Pool::shared().run(worth_sharing(samples, false), [&](Team& team, int thread) {
        const Index parts = std::min<Index>(team.size, room_);
        if (thread >= parts) return;
        const Range all = share(samples, thread, parts), room = share(room_, thread, parts);
        for (Index first = all.first; first < all.last;) {
            const Index count = std::min(room.size(), all.last - first);
            const Range mine{room.first, room.first + count};
            for (Index m = 0; m < count * input.places; m++) {
                input.rows[mine.first * input.places + m] = x + first * input.size() + m * input.width;
            }
            forward(Step{.samples = count}, mine);
            for (Index m = 0; m < count * output.places; m++) {
                std::memcpy(out + first * output.size() + m * output.width, output.rows[mine.first * output.places + m],
                            output.width * sizeof(float));
            }
            first += count;
        }
    });
}

}  // namespace pellucid::PELLUCID_ISA
