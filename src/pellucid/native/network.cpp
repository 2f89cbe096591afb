#include "network.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "activations.h"
#include "conv.h"
#include "conv_pool.h"
#include "dense.h"
#include "dropout.h"
#include "embedding.h"
#include "fork.h"
#include "lstm.h"
#include "merge.h"
#include "normalize.h"
#include "pool.h"
#include "recurrent.h"
#include "reshape.h"

namespace pellucid::PELLUCID_ISA {

namespace {

constexpr double WORTH_SHARING = 2e6;   // floating-point operations that one thread does before others could help
constexpr Index TAKEN_AT_ONCE = 16;     // samples that one thread takes over from another
// Samples whose predictions are worked out together. Of large networks fewer: a gigabyte of values at most, or so.
constexpr Index PREDICTED_AT_ONCE = 512, PREDICTED_AT_LEAST = 16, MOST_VALUES = 1 << 28;

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// What is left of a node when another one does its work too.
class Idle final : public Node {
  public:
    void forward(const Step&, Range) override {}
    void backward(const Step&, Range) override {}
};

}  // namespace

// Building -----------------------------------------------------------------------------------------

int Network::add_value(Index places, Index width, std::vector<int> reads) {
    auto made = std::make_unique<Value>();
    made->places = places, made->width = width;
    values_.push_back(std::move(made));
    int number = static_cast<int>(values_.size()) - 1;
    made_by_.push_back(nodes_.size());
    relus_.push_back(false);
    unwritten_.push_back(false);
    in_place_.push_back(false);
    rearranges_.push_back(false);
    branches_.push_back(false);
    keeps_.push_back(false);
    learns_.push_back(std::any_of(reads.begin(), reads.end(), [&](int x) { return learns_[x]; }));
    reads_.push_back(std::move(reads));
    return number;
}

int Network::input(Index places, Index width, bool wants_slope) {
    int x = add_value(places, width, {});
    inputs_.push_back(x);
    learns_[x] = wants_slope;
    return x;
}

int Network::parameter(Index size, double decay, bool moves) {
    auto made = std::make_unique<Parameter>();
    made->size = size, made->decay = decay;
    parameters_.push_back(std::move(made));
    moves_.push_back(moves);
    carries_.push_back(false);
    return static_cast<int>(parameters_.size()) - 1;
}

int Network::dense(int x, Index units, int kernel, int bias) {
    int y = add_value(value(x).places, units, {x});
    const Parameter* its_bias = bias < 0 ? nullptr : parameters_[bias].get();
    nodes_.push_back(std::make_unique<Dense>(value(x), value(y), *parameters_[kernel], its_bias, moves_[kernel]));
    learns_[y] = learns_[x] || moves_[kernel];
    work_ += 2.0 * value(x).size() * units;
    return y;
}

int Network::conv(int x, Window window, Index filters, int kernel, int bias) {
    int y = add_value(window.places(), filters, {x});
    const Parameter* its_bias = bias < 0 ? nullptr : parameters_[bias].get();
    nodes_.push_back(std::make_unique<Conv>(value(x), value(y), window, *parameters_[kernel], its_bias, moves_[kernel]));
    learns_[y] = learns_[x] || moves_[kernel];
    work_ += 2.0 * static_cast<double>(parameters_[kernel]->size * window.places());
    return y;
}

int Network::lstm(int x, Index units, int kernel, int recurrent_kernel, int bias, bool all_times) {
    const Index times = value(x).places;
    int y = add_value(all_times ? times : 1, units, {x});
    const Parameter* its_bias = bias < 0 ? nullptr : parameters_[bias].get();
    const LstmParameters its{*parameters_[kernel], *parameters_[recurrent_kernel], its_bias, moves_[kernel]};
    nodes_.push_back(std::make_unique<Lstm>(value(x), value(y), its));
    learns_[y] = learns_[x] || moves_[kernel];
    work_ += 2.0 * static_cast<double>(times * (parameters_[kernel]->size + parameters_[recurrent_kernel]->size));
    return y;
}

// The value of a recurrent layer, and what it costs.
int Network::add_recurrent(int x, Index units, bool all_times, int kernel, int recurrent_kernel) {
    const Index times = value(x).places;
    int y = add_value(all_times ? times : 1, units, {x});
    learns_[y] = learns_[x] || moves_[kernel];
    work_ += 2.0 * static_cast<double>(times * (parameters_[kernel]->size + parameters_[recurrent_kernel]->size));
    return y;
}

int Network::simple_rnn(int x, Index units, const std::string& activation, int kernel, int recurrent_kernel, int bias,
                        bool all_times) {
    const Curve curve = curve_of(activation);
    if (!curve.value) throw std::invalid_argument("no kernel for the activation " + activation);
    int y = add_recurrent(x, units, all_times, kernel, recurrent_kernel);
    const RecurrentParameters its{*parameters_[kernel], *parameters_[recurrent_kernel], parameter_or_none(bias), moves_[kernel]};
    nodes_.emplace_back(make_simple_rnn(value(x), value(y), its, curve));
    return y;
}

int Network::gru(int x, Index units, int kernel, int recurrent_kernel, int bias, bool all_times) {
    int y = add_recurrent(x, units, all_times, kernel, recurrent_kernel);
    const RecurrentParameters its{*parameters_[kernel], *parameters_[recurrent_kernel], parameter_or_none(bias), moves_[kernel]};
    nodes_.emplace_back(make_gru(value(x), value(y), its));
    return y;
}

int Network::embedding(int x, Index width, int table) {
    int y = add_value(value(x).size(), width, {x});
    nodes_.push_back(std::make_unique<Embedding>(value(x), value(y), *parameters_[table], moves_[table]));
    learns_[y] = moves_[table];
    work_ += static_cast<double>(value(y).size());
    return y;
}

int Network::batch_norm(int x, double epsilon, int gamma, int beta, int mean, int variance, double momentum, bool own) {
    int y = add_value(value(x).places, value(x).width, {x});
    const Normalization its{epsilon, parameter_or_none(gamma), parameter_or_none(beta), any_moves(gamma, beta)};
    const Averages averages{*parameters_[mean], *parameters_[variance], momentum};
    nodes_.push_back(std::make_unique<BatchNorm>(value(x), value(y), its, averages, own));
    learns_[y] = learns_[x] || its.learn;
    carries_[mean] = carries_[variance] = own;
    work_ += 8.0 * static_cast<double>(value(y).size());
    return y;
}

int Network::layer_norm(int x, double epsilon, int gamma, int beta) {
    int y = add_value(value(x).places, value(x).width, {x});
    const Normalization its{epsilon, parameter_or_none(gamma), parameter_or_none(beta), any_moves(gamma, beta)};
    nodes_.push_back(std::make_unique<LayerNorm>(value(x), value(y), its));
    learns_[y] = learns_[x] || its.learn;
    work_ += 8.0 * static_cast<double>(value(y).size());
    return y;
}

std::vector<const Value*> Network::values_of(const std::vector<int>& numbers) const {
    std::vector<const Value*> found;
    for (int number : numbers) found.push_back(values_[number].get());
    return found;
}

int Network::merge(const std::string& name, const std::vector<int>& xs) {
    int y = add_value(value(xs.front()).places, value(xs.front()).width, xs);
    nodes_.emplace_back(make_merge(name, values_of(xs), value(y)));
    if (!nodes_.back()) throw std::invalid_argument("no kernel for the merge " + name);
    keeps_[y] = true;
    return y;
}

int Network::concatenate(const std::vector<int>& xs, Index places, Index width, Index pieces) {
    int y = add_value(places, width, xs);
    nodes_.emplace_back(make_concatenate(values_of(xs), value(y), pieces));
    return y;
}

int Network::reverse(int x) {
    int y = add_value(value(x).places, value(x).width, {x});
    nodes_.emplace_back(make_reverse(value(x), value(y)));
    return y;
}

int Network::global_max(int x) {
    int y = add_value(1, value(x).width, {x});
    nodes_.emplace_back(make_global_max(value(x), value(y)));
    keeps_[y] = true;
    work_ += static_cast<double>(value(x).size());
    return y;
}

int Network::pool(int x, Window window, bool largest) {
    int y = add_value(window.places(), value(x).width, {x});
    nodes_.emplace_back(make_pool(value(x), value(y), window, largest));
    keeps_[y] = largest;
    if (largest) maxima_.emplace_back(y, window);
    work_ += static_cast<double>(value(x).size());
    return y;
}

int Network::activation(int x, const std::string& name, double setting) {
    int y = add_value(value(x).places, value(x).width, {x});
    nodes_.emplace_back(make_activation(name, static_cast<float>(setting), value(x), value(y)));
    if (!nodes_.back()) throw std::invalid_argument("no kernel for the activation " + name);
    in_place_[y] = keeps_[y] = !slopes_from_x(name);
    relus_[y] = name == "relu";
    work_ += 4.0 * static_cast<double>(value(y).size());
    return y;
}

int Network::dropout(int x, double rate, std::uint32_t number) {
    int y = add_value(value(x).places, value(x).width, {x});
    nodes_.push_back(std::make_unique<Dropout>(value(x), value(y), rate, number));
    in_place_[y] = true;
    return y;
}

int Network::reshape(int x, Index places, Index width) {
    int y = add_value(places, width, {x});
    nodes_.push_back(std::make_unique<Reshape>(value(x), value(y)));
    rearranges_[y] = true;
    return y;
}

std::vector<int> Network::fork(int x, Index branches) {
    std::vector<int> made;
    std::vector<Value*> values;
    for (Index i = 0; i < branches; i++) {
        made.push_back(add_value(value(x).places, value(x).width, {x}));
        values.push_back(&value(made.back()));
        branches_[made.back()] = true;
    }
    nodes_.push_back(std::make_unique<Fork>(value(x), std::move(values)));
    return made;
}

void Network::end_at(std::vector<int> values, std::vector<bool> heard) {
    ends_ = std::move(values), heard_ = std::move(heard);
    optimizer_.reset(make_gradient());
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
        if (moves_[i] || carries_[i]) p.from = p.to;
        for (Index s = 0; moves_[i] && s < optimizer_->slots(); s++) p.slots_from[s] = p.slots_to[s];
    }
}

// Convolutions whose only reader is a max pooling, with or without a ReLU in between, are computed by that one's node.
// readers    of each value, how many there are
void Network::fuse(const std::vector<int>& readers) {
    for (const auto& [y, window] : maxima_) {
        const int between = reads_[y].front();
        const bool relu = relus_[between];
        const int x = relu ? reads_[between].front() : between;
        const auto* conv = is_input(x) ? nullptr : dynamic_cast<const Conv*>(nodes_[made_by_[x]].get());
        if (!conv || readers[x] != 1 || readers[between] != 1 || !apart(window)) continue;
        nodes_[made_by_[y]] = std::make_unique<ConvPool>(*conv, value(y), window, relu);
        for (int v : {x, between}) {
            nodes_[made_by_[v]] = std::make_unique<Idle>();
            unwritten_[v] = true;
        }
    }
}

// Which values share memory, and which need a slope.
void Network::plan_memory() {
    const int count = static_cast<int>(values_.size());
    std::vector<int> readers(count, 0);
    for (const auto& reads : reads_) {
        for (int x : reads) readers[x]++;
    }
    if (loss_reads_ >= 0) readers[loss_reads_]++;
    for (int end : ends_) readers[end]++;
    readers[output_]++;
    fuse(readers);
    lives_in_.resize(count), slope_in_.resize(count);
    std::vector<bool> taken(count, false);
    for (int v = 0; v < count; v++) {
        const int x = is_input(v) ? v : reads_[v].front();
        const bool over_it = in_place_[v] && readers[x] == 1 && !is_input(lives_in_[x]) && !taken[lives_in_[x]];
        lives_in_[v] = rearranges_[v] || branches_[v] || over_it ? lives_in_[x] : v;
        slope_in_[v] = rearranges_[v] || over_it ? slope_in_[x] : v;
        taken[lives_in_[v]] = taken[lives_in_[v]] || keeps_[v] || branches_[v];
    }
    has_slope_.assign(count, false);
    if (loss_reads_ >= 0) has_slope_[loss_reads_] = true;
    for (std::size_t i = 0; i < ends_.size(); i++) has_slope_[ends_[i]] = has_slope_[ends_[i]] || heard_[i];
    for (int v = count - 1; v >= 0; v--) {
        has_slope_[v] = has_slope_[v] && learns_[v];
        for (int x : reads_[v]) has_slope_[x] = has_slope_[x] || has_slope_[v];
    }
}

void Network::make_room(Index samples, bool learning) {
    if (samples <= room_ && (room_to_learn_ || !learning)) return;
    if (room_ == 0) plan_memory();
    samples = std::max(samples, room_);
    room_to_learn_ = room_to_learn_ || learning;
    data_.resize(values_.size()), slopes_.resize(values_.size());
    for (int v = 0; v < static_cast<int>(values_.size()); v++) {
        if (unwritten_[v]) continue;
        Value& value = *values_[v];
        const int home = lives_in_[v];
        value.rows.resize(samples * value.places);
        if (room_to_learn_ && has_slope_[v]) value.slope = slopes_[slope_in_[v]].resize(samples * value.size());
        if (is_input(home)) continue;
        value.data = home == v ? data_[v].resize(samples * value.size()) : values_[home]->data;
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
    for (Index n = samples.first; n < samples.last; n++) {
        const Index sample = at(batch.first + n);
        for (std::size_t i = 0; i < inputs_.size(); i++) {
            point_rows(inputs_[i], data.x[i] + sample * input_size(i), {n, n + 1});
        }
        targets_.rows[n] = data.y + sample * data.y_size;
        if (data.weights) targets_.weights[n] = data.weights + sample;
        const Index next = batch.last + n < end ? at(batch.last + n) : sample;
        next_inputs_[n] = data.x.front() + next * input_size();
        __builtin_prefetch(data.y + next * data.y_size);
    }
}

// Samples of an input that lie one after another from `x` on.
void Network::point_rows(int input, const float* x, Range samples) {
    Value& its = *values_[input];
    for (Index m = samples.first * its.places; m < samples.last * its.places; m++, x += its.width) its.rows[m] = x;
}

void Network::prepare(const Step& step, Team& team, int thread) {
    if (std::none_of(nodes_.begin(), nodes_.end(), [](auto& node) { return node->prepares(); })) return;
    for (auto& node : nodes_) node->prepare(step, thread, team.size);
    team.meet();
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

// All that is to be learned in a step.
std::vector<Network::Lesson> Network::lessons(int threads) const {
    std::vector<Lesson> made;
    for (auto& node : nodes_) {
        const Index parts = node->parts(threads);
        for (Index part = 0; part < parts; part++) made.push_back({node.get(), part, parts});
    }
    return made;
}

Tally Network::train(const Pointers& from, const Pointers& to, const Data& data, Range samples, Index batch,
                     const std::vector<double>& rates, Index number, const Key* key, double seconds) {
    make_room(std::min(batch, samples.size()), true);
    targets_.weights.assign(data.weights ? room_ : 0, nullptr);
    point(from, &to);
    const auto start = std::chrono::steady_clock::now();
    Tally tally;
    bool over = false;
    const bool in_pieces = std::all_of(nodes_.begin(), nodes_.end(), [](auto& node) { return node->in_pieces(); });
    auto lay_out = [&](Index first, int threads) {
        const Index count = std::min(batch, samples.last - first);
        samples_left_.lay_out(count, threads, in_pieces && threads > 1 ? TAKEN_AT_ONCE : count);
    };
    Pool::shared().run(worth_sharing(std::min(batch, samples.size()), true), [&](Team& team, int thread) {
        const std::vector<Lesson> lessons = this->lessons(team.size);
        if (thread == 0) lay_out(samples.first, team.size);
        team.meet();
        Step step{.learning = true, .in_a_row = true, .team = &team, .thread = thread};
        for (Index first = samples.first, count = 0; !over; first += batch, count++) {
            const Range now{first, std::min(first + batch, samples.last)};
            step.samples = now.size();
            step.number = number + count, step.first = count == 0;
            const Key own = key ? fold_in(*key, static_cast<std::uint32_t>(step.number)) : Key{};
            step.key = key ? &own : nullptr;
            step.rate = rates[std::min<std::size_t>(count, rates.size() - 1)];
            step.next_inputs = data.order && inputs_.size() == 1 ? next_inputs_.data() : nullptr;
            if (thread == 0) {
                optimizer_->begin(step.number, step.rate);
                lessons_left_.lay_out(static_cast<Index>(lessons.size()), team.size, 1);
            }
            auto go_through = [&](Range mine) {
                pick(data, now, mine, samples.last);
                forward(step, mine);
                judge(step, mine);
                for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) (*node)->backward(step, mine);
            };
            prepare(step, team, thread);
            if (in_pieces) {
                for (Range mine; (mine = samples_left_.take(thread, now.size())).size() > 0;) go_through(mine);
            } else {
                go_through(share(now.size(), thread, team.size));
            }
            team.meet();
            const bool finite = std::isfinite(cost(now.size()));
            if (thread == 0) {
                add_up(now.size(), tally);
                tally.finite = finite;
                over = !finite || now.last == samples.last || seconds_since(start) > seconds;
            }
            if (finite) {
                if (thread == 0) lay_out(std::min(now.last, samples.last - 1), team.size);
                for (Range next; (next = lessons_left_.take(thread, 1)).size() > 0;) {
                    const Lesson& lesson = lessons[next.first];
                    lesson.node->learn(step, *optimizer_, lesson.part, lesson.parts);
                }
                for (auto& node : nodes_) node->carry(step, thread, team.size);
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
        prepare({}, team, thread);
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
    Index numbers = 0;  // of one sample
    for (const auto& value : values_) numbers += value->size();
    make_room(std::min(samples, std::clamp(MOST_VALUES / numbers, PREDICTED_AT_LEAST, PREDICTED_AT_ONCE)), false);
    point(from, nullptr);
    const Value& output = *values_[output_];
    Pool::shared().run(worth_sharing(samples, false), [&](Team& team, int thread) {
        prepare({}, team, thread);
        const Index parts = std::min<Index>(team.size, room_);
        if (thread >= parts) return;
        const Range all = share(samples, thread, parts), room = share(room_, thread, parts);
        for (Index first = all.first; first < all.last;) {
            const Index count = std::min(room.size(), all.last - first);
            const Range mine{room.first, room.first + count};
            point_rows(inputs_.front(), x + first * input_size(), mine);
            forward(Step{.samples = count}, mine);
            for (Index m = 0; m < count * output.places; m++) {
                std::memcpy(out + first * output.size() + m * output.width, output.rows[mine.first * output.places + m],
                            output.width * sizeof(float));
            }
            first += count;
        }
    });
}

// By hand ------------------------------------------------------------------------------------------

void Network::forward(const Pointers& from, const Pointers* to, const std::vector<const float*>& inputs, Index samples,
                      const Key* key, const std::vector<float*>& outputs) {
    make_room(samples, to != nullptr);
    point(from, to);
    key_by_hand_ = key ? *key : Key{};
    by_hand_ = {.samples = samples, .learning = to != nullptr, .key = key ? &key_by_hand_ : nullptr};
    Pool::shared().run(worth_sharing(samples, false), [&](Team& team, int thread) {
        Step step = by_hand_;
        step.team = &team, step.thread = thread;
        prepare(step, team, thread);
        const Range mine = share(samples, thread, team.size);
        for (std::size_t i = 0; i < inputs_.size(); i++) {
            point_rows(inputs_[i], inputs[i] + mine.first * input_size(i), mine);
        }
        forward(step, mine);
        for (std::size_t i = 0; i < ends_.size(); i++) {
            const Value& end = *values_[ends_[i]];
            for (Index n = mine.first; n < mine.last; n++) {
                std::memcpy(outputs[i] + n * end.size(), end.rows[n * end.places], end.size() * sizeof(float));
            }
        }
        if (!step.learning) return;
        for (auto& node : nodes_) node->carry(step, thread, team.size);
    });
}

void Network::backward(const std::vector<const float*>& doutputs, const std::vector<float*>& dinputs) {
    const Index samples = by_hand_.samples;
    Pool::shared().run(worth_sharing(samples, true), [&](Team& team, int thread) {
        Step step = by_hand_;
        step.team = &team, step.thread = thread;
        const Range mine = share(samples, thread, team.size);
        for (std::size_t i = 0; i < ends_.size(); i++) {
            const Value& end = *values_[ends_[i]];
            if (!end.slope) continue;
            float* slope = end.slope + mine.first * end.size();
            const std::size_t bytes = mine.size() * end.size() * sizeof(float);
            if (doutputs[i]) {
                std::memcpy(slope, doutputs[i] + mine.first * end.size(), bytes);
            } else {
                std::memset(slope, 0, bytes);
            }
        }
        for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) (*node)->backward(step, mine);
        for (std::size_t i = 0; i < inputs_.size(); i++) {
            const Value& x = *values_[inputs_[i]];
            if (!dinputs[i] || !x.slope) continue;
            std::memcpy(dinputs[i] + mine.first * x.size(), x.slope + mine.first * x.size(), mine.size() * x.size() * sizeof(float));
        }
        team.meet();
        for (auto& node : nodes_) node->learn(step, *optimizer_, thread, team.size);
    });
}

}  // namespace pellucid::PELLUCID_ISA
