// A compiled network: its nodes, the memory of everything they compute, planned once, and the loop over batches.
//
//     every thread:   forward, loss, backward of its samples
//                     ── meet ──                              is the loss still a number?
//                     learn its parameters
//                     ── meet ──
//
// Before a meeting, a thread that is through with its own share takes from the others'. Each number of a gradient is
// summed by one thread, in the samples' order: the bits do not depend on how many threads there are, nor on who was quick.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "loss.h"
#include "node.h"
#include "optimizer.h"
#include "window.h"

namespace pellucid::PELLUCID_ISA {

// The arrays of a bundle of numbers, parameter by parameter: itself, then (while training) its slots.
using Pointers = std::vector<float*>;

// Samples to go through. Whoever gives them keeps them in memory.
struct Data {
    std::vector<const float*> x;  // by input
    const float* y = nullptr;
    Index y_size = 1;                     // numbers of a sample
    const float* weights = nullptr;       // null: all count alike
    const std::int64_t* order = nullptr;  // null: as they lie
};

// What some batches came to.
struct Tally {
    Index batches = 0, samples = 0;
    double loss = 0;               // Σ batch's loss · its samples
    std::vector<double> measures;  // Σ over samples
    bool finite = true;            // false: the loss of the last batch is no number, and nothing was learned from it
};

class Network {
  public:
    // Building -----------------------------------------------------------------------------------
    // Values and parameters are named by the number that these return. Nodes run in the order in which they were added.

    int input(Index places, Index width, bool wants_slope = false);
    int parameter(Index size, double decay, bool moves);
    int dense(int x, Index units, int kernel, int bias);  // bias -1: none
    int conv(int x, Window window, Index filters, int kernel, int bias);
    int lstm(int x, Index units, int kernel, int recurrent_kernel, int bias, bool all_times);
    int simple_rnn(int x, Index units, const std::string& activation, int kernel, int recurrent_kernel, int bias,
                   bool all_times);
    int gru(int x, Index units, int kernel, int recurrent_kernel, int bias, bool all_times);
    int embedding(int x, Index width, int table);
    // gamma, beta -1: none. own: whether means and variances are the batch's own while learning.
    int batch_norm(int x, double epsilon, int gamma, int beta, int mean, int variance, double momentum, bool own);
    int layer_norm(int x, double epsilon, int gamma, int beta);
    int merge(const std::string& name, const std::vector<int>& xs);
    int concatenate(const std::vector<int>& xs, Index places, Index width, Index pieces);
    int reverse(int x);
    int global_max(int x);
    int pool(int x, Window window, bool largest);
    int activation(int x, const std::string& name, double setting);
    int dropout(int x, double rate, std::uint32_t number);
    int reshape(int x, Index places, Index width);
    void loss(const LossSettings& settings, int reads);
    void measure(const std::string& name, double threshold);
    void optimizer(Optimizer* made) { optimizer_.reset(made); }
    std::vector<int> fork(int x, Index branches);  // the same value for several readers
    void output(int value) { output_ = value; }
    // For running by hand: the values asked for, and of which of them dL/dvalue will be told.
    void end_at(std::vector<int> values, std::vector<bool> heard);

    // Running ------------------------------------------------------------------------------------

    // Learns from samples first … last of the data, batch by batch, until they are over or `seconds` have passed.
    // Reads `from` and writes `to` (which may be the same): afterwards that holds the new numbers.
    // rates     the learning rate of each update; the last one stays
    // number    updates made before
    // key       of the whole training; null: dropout stands aside
    Tally train(const Pointers& from, const Pointers& to, const Data& data, Range samples, Index batch,
                const std::vector<double>& rates, Index number, const Key* key, double seconds);

    Tally evaluate(const Pointers& from, const Data& data, Range samples, Index batch);

    // The outputs of samples that lie one after another.
    void predict(const Pointers& from, const float* x, Index samples, float* out);

    // By hand, for one batch: forward, and then backward, as often as it is wanted. Losses and updates are the caller's:
    // gradients are written to `to`, where each parameter has one array, and so is what no gradient moves.
    // Whoever calls keeps `inputs` and `from` in memory until the way back is over.
    //
    // inputs, outputs     by input and by end
    // key                 of this step; null: dropout stands aside
    void forward(const Pointers& from, const Pointers* to, const std::vector<const float*>& inputs, Index samples,
                 const Key* key, const std::vector<float*>& outputs);

    // doutputs   by end; null: not told
    // dinputs    by input; null: not wanted
    void backward(const std::vector<const float*>& doutputs, const std::vector<float*>& dinputs);

    // How many numbers each array of a bundle must hold, in the order of Pointers.
    std::vector<Index> sizes(bool training) const;

    Index inputs() const { return static_cast<Index>(inputs_.size()); }
    Index input_size(Index input = 0) const { return values_[inputs_[input]]->size(); }
    Index ends() const { return static_cast<Index>(ends_.size()); }
    Index end_size(Index end) const { return values_[ends_[end]]->size(); }
    Index output_size() const { return values_[output_]->size(); }
    Index target_size() const { return loss_ ? loss_->target_size() : 0; }

  private:
    // One part of what a node learns.
    struct Lesson {
        Node* node;
        Index part, parts;
    };

    int add_value(Index places, Index width, std::vector<int> reads);
    int add_recurrent(int x, Index units, bool all_times, int kernel, int recurrent_kernel);
    const Parameter* parameter_or_none(int number) const { return number < 0 ? nullptr : parameters_[number].get(); }
    bool any_moves(int one, int other) const { return (one >= 0 && moves_[one]) || (other >= 0 && moves_[other]); }
    std::vector<const Value*> values_of(const std::vector<int>& numbers) const;
    Value& value(int number) { return *values_[number]; }
    void point(const Pointers& from, const Pointers* to);
    void continue_in_place();
    void fuse(const std::vector<int>& readers);
    void plan_memory();
    void make_room(Index samples, bool learning);
    void point_rows(int input, const float* x, Range samples);
    bool is_input(int value) const { return reads_[value].empty(); }
    void pick(const Data& data, Range batch, Range samples, Index end);
    void prepare(const Step& step, Team& team, int thread);
    void forward(const Step& step, Range samples);
    void judge(const Step& step, Range samples);
    std::vector<Lesson> lessons(int threads) const;
    double cost(Index samples) const;
    void add_up(Index samples, Tally& tally) const;
    bool worth_sharing(Index samples, bool learning) const;

    std::vector<std::unique_ptr<Value>> values_;
    std::vector<std::vector<int>> reads_;  // for each value, those it is computed from; none for an input
    std::vector<int> inputs_;
    std::vector<int> lives_in_;     // for each value, the one whose memory it shares; itself, if none
    std::vector<int> slope_in_;     // and the one whose slope's memory its own shares
    std::vector<std::size_t> made_by_;  // for each value, which node computes it
    std::vector<bool> relus_;       // whether it is the ReLU of what it is computed from
    std::vector<bool> unwritten_;   // whether a fused node never writes it down
    std::vector<std::pair<int, Window>> maxima_;  // values that max poolings make, and their windows
    std::vector<bool> in_place_;    // whether it may share the memory of what it is computed from
    std::vector<bool> rearranges_;  // whether it is the same numbers as what it is computed from
    std::vector<bool> branches_;    // whether it is one of several of the same value, each with a slope of its own
    std::vector<bool> keeps_;       // whether its backward reads the value itself, so that nothing may be written over it
    std::vector<bool> learns_;      // whether a parameter that moves has a say in it
    std::vector<bool> has_slope_;   // whether dL/dvalue is needed
    std::vector<std::unique_ptr<Node>> nodes_;
    std::vector<std::unique_ptr<Parameter>> parameters_;
    std::vector<bool> moves_, carries_;  // by parameter: whether gradients move it, or the batches that it has seen
    std::unique_ptr<Loss> loss_;
    int loss_reads_ = -1;
    std::vector<std::unique_ptr<Measure>> measures_;
    std::unique_ptr<Optimizer> optimizer_;
    int output_ = 0;
    std::vector<int> ends_;
    std::vector<bool> heard_;  // by end
    double work_ = 0;  // floating-point operations of one sample's forward pass

    Queue samples_left_, lessons_left_;  // of this step

    // Memory, for `room_` samples at a time
    Index room_ = 0;
    bool room_to_learn_ = false;
    std::vector<Buffer<float>> data_, slopes_;  // by value
    Targets targets_;
    std::vector<const float*> next_inputs_;
    Step by_hand_;   // the step that goes forward and backward by hand, with its key
    Key key_by_hand_{};
    std::vector<double> losses_;                 // one a sample
    std::vector<std::vector<double>> measured_;  // by measure, one a sample
};

}  // namespace pellucid::PELLUCID_ISA
