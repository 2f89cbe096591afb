// The Python face of the native core. Shapes and types are checked here; beyond, memory is taken as it is told.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <stdexcept>

#include "finite.h"
#include "network.h"
#include "threads.h"

namespace nb = nanobind;

namespace pellucid::PELLUCID_ISA {

namespace {

using Floats = nb::ndarray<const float, nb::c_contig, nb::device::cpu>;
using Order = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// Where the arrays of a bundle lie. Whoever makes it keeps the arrays alive: that way an array that nobody else holds
// can be told from one that somebody may look at.
struct Arrays {
    Pointers pointers;
    std::vector<Index> sizes;

    explicit Arrays(const std::vector<Floats>& arrays) {
        for (const Floats& array : arrays) {
            pointers.push_back(const_cast<float*>(array.data()));
            sizes.push_back(static_cast<Index>(array.size()));
        }
    }
};

// A Slide of windows.py: length, window, stride, dilation, before, fits.
using Sizes = std::vector<Index>;

Window window_of(const Sizes& rows, const Sizes& columns) {
    auto slide = [](const Sizes& s) { return Slide{s.at(0), s.at(1), s.at(2), s.at(3), s.at(4), s.at(5)}; };
    return {slide(rows), slide(columns)};
}

// An optimizer by itself, for gradients that plain formulas have had a hand in.
class Mover {
  public:
    void optimizer(Optimizer* made) { optimizer_.reset(made); }

    // from, to   each parameter, followed by its slots
    // decays     by parameter, per unit of the rate
    void move(const Arrays& from, const Arrays& to, const std::vector<Floats>& grads, const std::vector<double>& decays,
              Index number, double rate) {
        if (!optimizer_) throw std::logic_error("no optimizer was given");
        const std::size_t arrays = 1 + optimizer_->slots();
        if (from.sizes != to.sizes || from.sizes.size() != grads.size() * arrays || decays.size() != grads.size()) {
            throw std::invalid_argument("one gradient and one decay for each parameter");
        }
        std::vector<Parameter> parameters(grads.size());
        std::vector<const float*> slopes;
        for (std::size_t i = 0; i < grads.size(); i++) {
            Parameter& p = parameters[i];
            p.size = from.sizes[i * arrays], p.decay = decays[i];
            p.from = from.pointers[i * arrays], p.to = to.pointers[i * arrays];
            for (std::size_t s = 0; s < arrays; s++) {
                if (from.sizes[i * arrays + s] != p.size) throw std::invalid_argument("slots are as large as their parameter");
                if (s > 0) p.slots_from[s - 1] = from.pointers[i * arrays + s], p.slots_to[s - 1] = to.pointers[i * arrays + s];
            }
            if (static_cast<Index>(grads[i].size()) != p.size) throw std::invalid_argument("a gradient has the wrong size");
            slopes.push_back(grads[i].data());
        }
        nb::gil_scoped_release free;
        move_all(*optimizer_, parameters, slopes, number, rate);
    }

  private:
    std::unique_ptr<Optimizer> optimizer_;
};

// What chooses the optimizer of a network or a mover.
template <class Class>
void describe_optimizers(nb::class_<Class>& described) {
    described
        .def("sgd", [](Class& its, double momentum, bool nesterov) { its.optimizer(make_sgd({momentum, nesterov})); })
        .def("adam", [](Class& its, double beta_1, double beta_2, double epsilon,
                        bool amsgrad) { its.optimizer(make_adam({beta_1, beta_2, epsilon, amsgrad})); })
        .def("rmsprop", [](Class& its, double rho, double momentum, double epsilon,
                           bool centered) { its.optimizer(make_rmsprop({rho, momentum, epsilon, centered})); });
}

void check(const Network& network, const Arrays& arrays, bool training) {
    if (arrays.sizes != network.sizes(training)) throw std::invalid_argument("the arrays are not those of this network");
}

// How many samples these arrays hold, one array for each input.
Index samples_of(const Network& network, const std::vector<Floats>& xs) {
    if (static_cast<Index>(xs.size()) != network.inputs()) throw std::invalid_argument("one array for each input");
    const Index count = xs.front().ndim() ? static_cast<Index>(xs.front().shape(0)) : 0;
    for (Index i = 0; i < network.inputs(); i++) {
        if (count == 0 || static_cast<Index>(xs[i].size()) != count * network.input_size(i)) {
            throw std::invalid_argument("x has the wrong shape");
        }
    }
    return count;
}

Data data_of(const Network& network, const std::vector<Floats>& xs, const Floats& y, const std::optional<Floats>& weights,
             const std::optional<Order>& order, Range samples) {
    const Index count = samples_of(network, xs);
    const Index last = order ? static_cast<Index>(order->size()) : count;
    if (!y.ndim() || static_cast<Index>(y.shape(0)) != count || static_cast<Index>(y.size()) != count * network.target_size()) {
        throw std::invalid_argument("y has the wrong shape");
    }
    if (weights && static_cast<Index>(weights->size()) != count) throw std::invalid_argument("one weight a sample");
    if (samples.first < 0 || samples.last > last || samples.size() <= 0) throw std::out_of_range("no such samples");
    Data data;
    data.y = y.data(), data.y_size = network.target_size();
    for (const Floats& x : xs) data.x.push_back(x.data());
    if (weights) data.weights = weights->data();
    if (order) {
        data.order = order->data();
        for (Index n = samples.first; n < samples.last; n++) {
            if (data.order[n] < 0 || data.order[n] >= count) throw std::out_of_range("order: no such sample");
        }
    }
    return data;
}

nb::tuple as_tuple(const Tally& tally) {
    return nb::make_tuple(tally.batches, tally.samples, tally.loss, tally.measures, tally.finite);
}

using Places = std::vector<nb::ndarray<float, nb::c_contig, nb::device::cpu>>;
using Slopes = std::vector<std::optional<Floats>>;

// By hand, forward: where each end's numbers are to be written.
void forward(Network& network, const Arrays& from, const std::optional<Arrays>& to, const std::vector<Floats>& inputs,
             const std::optional<std::pair<std::uint32_t, std::uint32_t>>& key, const Places& outputs) {
    check(network, from, false);
    if (to) check(network, *to, false);
    const Index samples = samples_of(network, inputs);
    std::vector<const float*> xs;
    for (const Floats& x : inputs) xs.push_back(x.data());
    std::vector<float*> ys;
    for (std::size_t i = 0; i < outputs.size(); i++) {
        if (static_cast<Index>(outputs.size()) != network.ends() ||
            static_cast<Index>(outputs[i].size()) != samples * network.end_size(i)) {
            throw std::invalid_argument("outputs have the wrong shapes");
        }
        ys.push_back(outputs[i].data());
    }
    const Key given = key ? Key{key->first, key->second} : Key{};
    nb::gil_scoped_release free;
    network.forward(from.pointers, to ? &to->pointers : nullptr, xs, samples, key ? &given : nullptr, ys);
}

// By hand, backward, for as many samples as came forward.
void backward(Network& network, Index samples, const Slopes& doutputs, const Slopes& dinputs) {
    if (static_cast<Index>(doutputs.size()) != network.ends() || static_cast<Index>(dinputs.size()) != network.inputs()) {
        throw std::invalid_argument("one slope for each end and input");
    }
    std::vector<const float*> dys;
    for (std::size_t i = 0; i < doutputs.size(); i++) {
        const bool fits = !doutputs[i] || static_cast<Index>(doutputs[i]->size()) == samples * network.end_size(i);
        if (!fits) throw std::invalid_argument("a slope has the wrong shape");
        dys.push_back(doutputs[i] ? doutputs[i]->data() : nullptr);
    }
    std::vector<float*> dxs;
    for (std::size_t i = 0; i < dinputs.size(); i++) {
        const bool fits = !dinputs[i] || static_cast<Index>(dinputs[i]->size()) == samples * network.input_size(i);
        if (!fits) throw std::invalid_argument("a slope has the wrong shape");
        dxs.push_back(dinputs[i] ? const_cast<float*>(dinputs[i]->data()) : nullptr);
    }
    nb::gil_scoped_release free;
    network.backward(dys, dxs);
}

}  // namespace

void describe(nb::module_& m) {
    nb::set_leak_warnings(false);  // what a traceback still holds when Python ends is no leak worth a page of words
    m.attr("lanes") = LANES;
    m.def("set_num_threads", [](int count) { Pool::shared().set_threads(count); });
    m.def("num_threads", [] { return Pool::shared().threads(); });
    m.def("is_finite", [](const Floats& x) {
        nb::gil_scoped_release free;
        return is_finite(x.data(), static_cast<Index>(x.size()));
    }, nb::arg().noconvert());

    nb::class_<Arrays>(m, "Arrays").def(nb::init<const std::vector<Floats>&>(), nb::arg().noconvert());

    nb::class_<Mover> mover(m, "Mover");
    describe_optimizers(mover);
    mover.def(nb::init<>()).def("move", &Mover::move, nb::arg(), nb::arg(), nb::arg().noconvert(), nb::arg(), nb::arg(), nb::arg());

    nb::class_<Network> network(m, "Network");
    describe_optimizers(network);
    network.def(nb::init<>())
        .def("input", &Network::input, nb::arg(), nb::arg(), nb::arg() = false)
        .def("parameter", &Network::parameter)
        .def("dense", &Network::dense)
        .def("conv", [](Network& network, int x, const Sizes& rows, const Sizes& columns, Index filters, int kernel,
                        int bias) { return network.conv(x, window_of(rows, columns), filters, kernel, bias); })
        .def("pool", [](Network& network, int x, const Sizes& rows, const Sizes& columns,
                        bool largest) { return network.pool(x, window_of(rows, columns), largest); })
        .def("dropout", &Network::dropout)
        .def("lstm", &Network::lstm)
        .def("activation", &Network::activation, nb::arg(), nb::arg(), nb::arg() = 0.0)
        .def("simple_rnn", &Network::simple_rnn)
        .def("gru", &Network::gru)
        .def("embedding", &Network::embedding)
        .def("batch_norm", &Network::batch_norm)
        .def("layer_norm", &Network::layer_norm)
        .def("merge", &Network::merge)
        .def("concatenate", &Network::concatenate)
        .def("reverse", &Network::reverse)
        .def("global_max", &Network::global_max)
        .def("fork", &Network::fork)
        .def("end_at", &Network::end_at)
        .def("reshape", &Network::reshape)
        .def("loss",
             [](Network& network, std::string kind, bool mean, double label_smoothing, int reads) {
                 network.loss({std::move(kind), mean, label_smoothing}, reads);
             })
        .def("measure", &Network::measure)
        .def("output", &Network::output)
        .def(
            "train",
            [](Network& network, const Arrays& from, const Arrays& to, const std::vector<Floats>& x, const Floats& y,
               const std::optional<Floats>& weights, const std::optional<Order>& order, std::pair<Index, Index> samples,
               Index batch, const std::vector<double>& rates, Index number,
               const std::optional<std::pair<std::uint32_t, std::uint32_t>>& key, double seconds) {
                check(network, from, true), check(network, to, true);
                const Range range{samples.first, samples.second};
                const Data data = data_of(network, x, y, weights, order, range);
                if (batch < 1 || rates.empty()) throw std::invalid_argument("batch and rates must not be empty");
                const Key given = key ? Key{key->first, key->second} : Key{};
                Tally tally;
                {
                    nb::gil_scoped_release free;
                    tally = network.train(from.pointers, to.pointers, data, range, batch, rates, number,
                                          key ? &given : nullptr, seconds);
                }
                return as_tuple(tally);
            },
            nb::arg(), nb::arg(), nb::arg().noconvert(), nb::arg().noconvert(), nb::arg().noconvert().none(),
            nb::arg().noconvert().none(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg())
        .def(
            "evaluate",
            [](Network& network, const Arrays& from, const std::vector<Floats>& x, const Floats& y,
               const std::optional<Floats>& weights, Index batch) {
                check(network, from, false);
                const Range all{0, samples_of(network, x)};
                const Data data = data_of(network, x, y, weights, std::nullopt, all);
                Tally tally;
                {
                    nb::gil_scoped_release free;
                    tally = network.evaluate(from.pointers, data, all, batch);
                }
                return as_tuple(tally);
            },
            nb::arg(), nb::arg().noconvert(), nb::arg().noconvert(), nb::arg().noconvert().none(), nb::arg())
        .def("forward", &forward, nb::arg(), nb::arg().none(), nb::arg().noconvert(), nb::arg().none(), nb::arg().noconvert())
        .def("backward", &backward, nb::arg(), nb::arg().noconvert(), nb::arg().noconvert())
        .def("predict", [](Network& network, const Arrays& from, const Floats& x,
                           const nb::ndarray<float, nb::c_contig, nb::device::cpu>& out) {
            check(network, from, false);
            const Index count = x.ndim() ? static_cast<Index>(x.shape(0)) : 0;
            if (static_cast<Index>(x.size()) != count * network.input_size() ||
                static_cast<Index>(out.size()) != count * network.output_size()) {
                throw std::invalid_argument("x or out has the wrong shape");
            }
            nb::gil_scoped_release free;
            network.predict(from.pointers, x.data(), count, out.data());
        }, nb::arg(), nb::arg().noconvert(), nb::arg().noconvert());
}

}  // namespace pellucid::PELLUCID_ISA

NB_MODULE(PELLUCID_MODULE, m) { pellucid::PELLUCID_ISA::describe(m); }
