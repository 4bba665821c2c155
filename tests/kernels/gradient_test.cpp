// SPDX-License-Identifier: Apache-2.0
// Every gradient of the reference layers against the complex step: f'(x) = Im f(x + ih) / h, free of subtraction noise.
#include <gtest/gtest.h>

#include <complex>

#include "cases.hpp"
#include "kernels/layer_run.hpp"
#include "kernels/ref/ref.hpp"

namespace dipper {
namespace {

using Complex = std::complex<double>;

class Gradient : public testing::TestWithParam<LayerDesc> {
 protected:
  /// The derivative of sum(dy * y) in one element of x or theta.
  double complex_step(Complex& element) {
    constexpr double step = 1e-30;
    const Complex before = element;
    element += Complex(0, step);
    complex_run.forward(*complex_layer);
    element = before;
    double sum = 0;
    for (std::size_t i = 0; i < output_of(GetParam()).size(); ++i) {
      sum += complex_run.dy[i].real() * complex_run.y[i].imag() / step;
    }
    return sum;
  }

  LayerRun<Complex> complex_run{GetParam()};
  LayerRun<double> run{GetParam()};
  std::unique_ptr<Layer<Complex>> complex_layer = ref::make_layer<Complex>(GetParam());
  std::unique_ptr<Layer<double>> layer = ref::make_layer<double>(GetParam());
};

TEST_P(Gradient, OfInputsIsTheComplexStep) {
  run.forward(*layer);
  run.backward(*layer);
  const std::vector<Shape> shapes = inputs_of(GetParam());
  const std::size_t inputs = std::holds_alternative<MaskedErrorDesc>(GetParam()) ? 1 : shapes.size();
  for (std::size_t n = 0; n < inputs; ++n) {
    for (std::size_t i = 0; i < shapes[n].size(); ++i) {
      EXPECT_NEAR(run.dx[n][i], complex_step(complex_run.x[n][i]), 1e-11) << "input " << n << " element " << i;
    }
  }
}

TEST_P(Gradient, OfParametersIsTheComplexStep) {
  run.forward(*layer);
  run.backward(*layer);
  for (std::size_t i = 0; i < parameter_count(GetParam()); ++i) {
    EXPECT_NEAR(run.dtheta[i], complex_step(complex_run.theta[i]), 1e-11) << "parameter " << i;
  }
}

TEST_P(Gradient, AddsToWhatIsThereWhenItAccumulates) {
  LayerRun<double> adding(GetParam());
  adding.write = Write::accumulate;
  const std::vector<std::vector<double>> before = adding.dx;
  run.forward(*layer);
  run.backward(*layer);
  adding.forward(*layer);
  adding.backward(*layer);
  const std::size_t inputs = std::holds_alternative<MaskedErrorDesc>(GetParam()) ? 1 : before.size();
  for (std::size_t n = 0; n < inputs; ++n) {
    for (std::size_t i = 0; i < inputs_of(GetParam())[n].size(); ++i) {
      EXPECT_NEAR(adding.dx[n][i], before[n][i] + run.dx[n][i], 1e-12);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Layers, Gradient, testing::ValuesIn(layer_cases()), case_name);

TEST(Adjoint, AFilterSendsGradientsBackByItsAdjoint) {
  for (const LayerDesc& desc : filter_cases()) {
    LayerRun<double> run(desc);
    const auto layer = ref::make_layer<double>(desc);
    run.forward(*layer);
    run.backward(*layer);
    EXPECT_NEAR(dot(run.y, run.dy, output_of(desc).size()), dot(run.x[0], run.dx[0], inputs_of(desc)[0].size()), 1e-12)
        << describe(desc);
  }
}

/// Convolution and transposed convolution are each other's adjoint: <A x, y> = <x, A' y>.
TEST(Adjoint, TransposedConvolutionIsTheAdjointOfConvolution) {
  for (const int kernel : {3, 4, 5}) {
    const ConvTranspose2dDesc transposed{
        .input = {3, 6, 5}, .out_channels = 4, .kernel = kernel, .stride = 2, .padding = 1};
    LayerRun<double> forth{Conv2dDesc{transposed.adjoint()}};
    LayerRun<double> back{transposed};
    // The two kinds of layer order their weights alike: [small side][large side][kernel][kernel].
    std::copy_n(forth.theta.begin(), forth.theta.size() - LayerRun<double>::spare, back.theta.begin());
    std::fill_n(forth.theta.end() - LayerRun<double>::spare - 3, 3, 0.0);  // biases
    std::fill_n(back.theta.end() - LayerRun<double>::spare - 4, 4, 0.0);
    forth.forward(*ref::make_layer<double>(forth.desc));
    back.forward(*ref::make_layer<double>(back.desc));
    EXPECT_NEAR(dot(forth.y, back.x[0], output_of(forth.desc).size()),
                dot(back.y, forth.x[0], output_of(back.desc).size()), 1e-10);
  }
}

}  // namespace
}  // namespace dipper
