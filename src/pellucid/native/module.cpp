// The Python face of the native core. Shapes and types are checked here; beyond, memory is taken as it is told.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <stdexcept>

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

void check(const Network& network, const Arrays& arrays, bool training) {
    if (arrays.sizes != network.sizes(training)) throw std::invalid_argument("the arrays are not those of this network");
}

Data data_of(const Network& network, const Floats& x, const Floats& y, const std::optional<Floats>& weights,
             const std::optional<Order>& order, Range samples) {
    const Index count = x.ndim() ? static_cast<Index>(x.shape(0)) : 0;
    const Index last = order ? static_cast<Index>(order->size()) : count;
    if (static_cast<Index>(x.size()) != count * network.input_size() || count == 0) {
        throw std::invalid_argument("x has the wrong shape");
    }
    if (!y.ndim() || static_cast<Index>(y.shape(0)) != count || static_cast<Index>(y.size()) != count * network.target_size()) {
        throw std::invalid_argument("y has the wrong shape");
    }
    if (weights && static_cast<Index>(weights->size()) != count) throw std::invalid_argument("one weight a sample");
    if (samples.first < 0 || samples.last > last || samples.size() <= 0) throw std::out_of_range("no such samples");
    Data data{.x = x.data(), .y = y.data(), .y_size = network.target_size()};
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

}  // namespace

void describe(nb::module_& m) {
    nb::set_leak_warnings(false);  // what a traceback still holds when Python ends is no leak worth a page of words
    m.attr("lanes") = LANES;
    m.def("set_num_threads", [](int count) { Pool::shared().set_threads(count); });
    m.def("num_threads", [] { return Pool::shared().threads(); });

    nb::class_<Arrays>(m, "Arrays").def(nb::init<const std::vector<Floats>&>(), nb::arg().noconvert());

    nb::class_<Network>(m, "Network")
        .def(nb::init<>())
        .def("input", &Network::input)
        .def("parameter", &Network::parameter)
        .def("dense", &Network::dense)
        .def("conv", [](Network& network, int x, const Sizes& rows, const Sizes& columns, Index filters, int kernel,
                        int bias) { return network.conv(x, window_of(rows, columns), filters, kernel, bias); })
        .def("pool", [](Network& network, int x, const Sizes& rows, const Sizes& columns,
                        bool largest) { return network.pool(x, window_of(rows, columns), largest); })
        .def("dropout", &Network::dropout)
        .def("lstm", &Network::lstm)
        .def("activation", &Network::activation)
        .def("reshape", &Network::reshape)
        .def("loss",
             [](Network& network, std::string kind, bool mean, double label_smoothing, int reads) {
                 network.loss({std::move(kind), mean, label_smoothing}, reads);
             })
        .def("measure", &Network::measure)
        .def("sgd", [](Network& network, double momentum,
                       bool nesterov) { network.optimizer(make_sgd({momentum, nesterov})); })
        .def("adam",
             [](Network& network, double beta_1, double beta_2, double epsilon, bool amsgrad) {
                 network.optimizer(make_adam({beta_1, beta_2, epsilon, amsgrad}));
             })
        .def("rmsprop",
             [](Network& network, double rho, double momentum, double epsilon, bool centered) {
                 network.optimizer(make_rmsprop({rho, momentum, epsilon, centered}));
             })
        .def("output", &Network::output)
        .def(
            "train",
            [](Network& network, const Arrays& from, const Arrays& to, const Floats& x, const Floats& y,
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
            [](Network& network, const Arrays& from, const Floats& x, const Floats& y,
               const std::optional<Floats>& weights, Index batch) {
                check(network, from, false);
                const Range all{0, static_cast<Index>(x.shape(0))};
                const Data data = data_of(network, x, y, weights, std::nullopt, all);
                Tally tally;
                {
                    nb::gil_scoped_release free;
                    tally = network.evaluate(from.pointers, data, all, batch);
                }
                return as_tuple(tally);
            },
            nb::arg(), nb::arg().noconvert(), nb::arg().noconvert(), nb::arg().noconvert().none(), nb::arg())
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
