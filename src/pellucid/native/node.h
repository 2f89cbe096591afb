// What a compiled network is made of: values, parameters, and nodes that turn one value into the next.
//
// Every node has three moves, and the engine says when:
//
//   forward     its value, of some samples                   no sample needs another: threads share the samples
//   backward    dL/dinput from dL/dvalue, of some samples    likewise
//   learn       dL/dparameter, summed over all samples, and at once the optimizer's move
//                                                            threads share the parameters
#pragma once

#include <vector>

#include "gemm.h"
#include "optimizer.h"
#include "random.h"
#include "threads.h"

namespace pellucid::PELLUCID_ISA {

// What a node computes, of all samples of a batch: (samples, places, width), where `places` counts what lies between the
// batch axis and the last one (rows · columns of an image; 1 for plain vectors).
struct Value {
    Index places = 1, width = 1;
    float* data = nullptr;   // where it is computed; the network's input has none: it is read where it lies
    float* slope = nullptr;  // dL/dvalue; null where nobody needs it
    std::vector<const float*> rows;  // where each place of each sample begins: samples · places pointers; those of one
                                     // sample follow each other

    Index size() const { return places * width; }  // numbers of one sample
    Range places_of(Range samples) const { return {samples.first * places, samples.last * places}; }
};

// One step of learning, as a node sees it.
struct Step {
    Index samples = 0;  // in this batch
    Index number = 0;   // updates made before it
    double rate = 0;
    bool learning = false;
    bool in_a_row = false;   // one of several steps, each with the numbers that the one before has learned
    bool first = true;       // of these
    const Key* key = nullptr;  // where this step's randomness comes from; null: dropout stands aside
    const float* const* next_inputs = nullptr;  // the samples of the batch after this one, if they are known
    Team* team = nullptr;  // all the threads of this step, for nodes in which samples meet; while learning only
    int thread = 0;        // this one's number
};

class Node {
  public:
    virtual ~Node() = default;

    // Memory of its own, for so many samples.
    virtual void make_room(Index /*samples*/, bool /*learning*/) {}

    // This thread's share of what has to be done when numbers have changed; afterwards threads meet, if it prepares at all.
    virtual bool prepares() const { return false; }
    virtual void prepare(const Step&, Index /*part*/, Index /*parts*/) {}

    virtual void forward(const Step& step, Range samples) = 0;
    virtual void backward(const Step& step, Range samples) = 0;

    // Whether samples may come a few at a time while learning. Not where they meet, or where each time costs too much.
    virtual bool in_pieces() const { return true; }

    // Into how many parts learning may be cut; at least one for each thread.
    virtual Index parts(Index threads) const { return threads; }

    // One of these parts, `part` of `parts`, whichever thread has time for it.
    virtual void learn(const Step&, const Optimizer&, Index /*part*/, Index /*parts*/) {}

    // Moves what no gradient moves, such as the averages of a batch normalization: this thread's share, once a step.
    virtual void carry(const Step&, Index /*part*/, Index /*parts*/) {}
};

}  // namespace pellucid::PELLUCID_ISA
