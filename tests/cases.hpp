// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <ostream>
#include <string>
#include <vector>

#include "kernels/desc.hpp"

namespace dipper {

inline void PrintTo(const LayerDesc& desc, std::ostream* out) {
  *out << describe(desc);
}

/// The name of a case in gtest's words: letters, digits, and its place among them.
inline std::string case_name(const testing::TestParamInfo<LayerDesc>& info) {
  std::string name = std::to_string(info.index) + "_" + describe(info.param);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

/// Kernels of all sizes: weights of both signs, no two rows alike.
inline FilterKernel some_kernel(int rows, int columns) {
  FilterKernel kernel{rows, columns, {}};
  for (int i = 0; i < rows * columns; ++i) kernel.weights.push_back(static_cast<float>(i * i * 7 % 23 - 9) / 16);
  return kernel;
}

/// Outer products, which need one pass along rows and one along columns.
inline FilterKernel separable_kernel(int rows, int columns) {
  FilterKernel kernel{rows, columns, {}};
  for (int u = 0; u < rows; ++u) {
    for (int v = 0; v < columns; ++v) {
      kernel.weights.push_back(static_cast<float>(u * 5 % 7 - 2) / 8 * static_cast<float>(v * 3 % 5 - 1));
    }
  }
  return kernel;
}

/// What a camera moving on a slope leaves: a line, and zeros.
inline FilterKernel motion_kernel(int size) {
  FilterKernel kernel{size, size, std::vector<float>(static_cast<std::size_t>(size) * size)};
  for (int u = 0; u < size; ++u) kernel.weights[u * size + u / 2 + size / 4] = 1 / static_cast<float>(size);
  return kernel;
}

/// A filter of the whole picture that keeps its size but for the stride, the kernel in the middle.
inline FilterDesc centred_filter(const Shape& shape, const FilterKernel& kernel, int stride) {
  return {.input = shape,
          .kernel = kernel,
          .stride = stride,
          .window = {0, 0, shape.height, shape.width},
          .out_height = (shape.height + stride - 1) / stride,
          .out_width = (shape.width + stride - 1) / stride,
          .first_row = (stride - kernel.rows) / 2,
          .first_column = (stride - kernel.columns) / 2};
}

/// The means of 2x2.
inline FilterDesc mean_filter(const Shape& shape) {
  FilterDesc desc = centred_filter(shape, {2, 2, std::vector<float>(4, 0.25F)}, 2);
  desc.out_height = shape.height / 2;
  desc.out_width = shape.width / 2;
  return desc;
}

/// Small filters with every oddity: windows inside the picture, kernels that lie outside of them in part or wholly,
/// strides that leave out pixels.
inline std::vector<LayerDesc> filter_cases() {
  std::vector<LayerDesc> cases;
  const Shape shape{2, 7, 9};
  for (const FilterKernel& kernel : {separable_kernel(3, 4), some_kernel(3, 4), motion_kernel(5)}) {
    for (const int stride : {1, 2, 3}) {
      cases.push_back(centred_filter(shape, kernel, stride));
      FilterDesc inside = centred_filter(shape, kernel, stride);
      inside.window = {1, 2, 4, 5};
      cases.push_back(inside);
    }
    FilterDesc outside = centred_filter(shape, kernel, 1);
    outside.window = {2, 3, 3, 2};
    outside.first_row = -9;
    outside.first_column = 1;
    cases.push_back(outside);
    outside.window = {6, 8, 1, 1};
    cases.push_back(outside);
  }
  cases.push_back(centred_filter(shape, separable_kernel(2, 2), 2));
  cases.push_back(mean_filter({2, 8, 6}));
  cases.push_back(mean_filter(shape));
  cases.push_back(centred_filter(shape, some_kernel(2, 2), 4));
  cases.push_back(FilterDesc{.input = shape, .window = {1, 2, 5, 4}, .out_height = 5, .out_width = 4});  // cut out
  cases.push_back(centred_filter({1, 1, 1}, some_kernel(3, 3), 1));
  return cases;
}

/// One row for each layer and each of its ways to be used: gradient checks, backends against ref, and benchmarks run
/// over them. Small enough for the complex step, odd enough to meet every tail.
inline std::vector<LayerDesc> layer_cases() {
  std::vector<LayerDesc> cases;
  for (const int kernel : {1, 2, 3, 4, 5, 7}) {
    for (const int stride : {1, 2}) {
      for (const Padding mode : {Padding::zero, Padding::reflect}) {
        cases.push_back(Conv2dDesc{.input = {3, 9, 7},
                                   .out_channels = 2,
                                   .kernel = kernel,
                                   .stride = stride,
                                   .padding = kernel / 2,
                                   .mode = mode});
      }
    }
  }
  cases.push_back(Conv2dDesc{.input = {2, 1, 1}, .out_channels = 3, .kernel = 5, .padding = 2});
  cases.push_back(
      Conv2dDesc{.input = {1, 1, 9}, .out_channels = 1, .kernel = 3, .padding = 1, .mode = Padding::reflect});
  cases.push_back(Conv2dDesc{.input = {2, 6, 8}, .out_channels = 2, .kernel = 3, .stride = 2, .padding = 0});
  cases.push_back(ConvTranspose2dDesc{.input = {3, 4, 5}, .out_channels = 2, .kernel = 4, .stride = 2, .padding = 1});
  cases.push_back(ConvTranspose2dDesc{
      .input = {2, 3, 4}, .out_channels = 3, .kernel = 5, .stride = 2, .padding = 2, .output_padding = 1});
  cases.push_back(ConvTranspose2dDesc{.input = {2, 5, 3}, .out_channels = 2, .kernel = 3, .stride = 1, .padding = 1});
  cases.push_back(BatchNormDesc{.input = {3, 5, 7}, .slope = 0.2});
  cases.push_back(PixelShuffleDesc{.input = {8, 3, 5}, .factor = 2});
  cases.push_back(PixelShuffleDesc{.input = {9, 2, 3}, .factor = 3});
  cases.push_back(ConcatDesc{.parts = {{2, 3, 5}, {1, 3, 5}, {3, 3, 5}}});
  cases.push_back(BatchNormDesc{.input = {3, 5, 7}});
  cases.push_back(LeakyReluDesc{.input = {2, 5, 7}, .slope = 0.2});
  cases.push_back(LeakyReluDesc{.input = {2, 5, 7}, .slope = 0});
  cases.push_back(SigmoidDesc{.input = {2, 5, 7}});
  cases.push_back(EluDesc{.input = {2, 5, 7}});
  cases.push_back(SwishDesc{.input = {2, 5, 7}});
  cases.push_back(AddDesc{.input = {2, 5, 7}});
  cases.push_back(AddDesc{.input = {1, 1, 1}, .scale = -0.3});
  for (const int factor : {1, 2, 3}) cases.push_back(MaxPoolDesc{.input = {2, 7, 8}, .factor = factor});
  for (const LayerDesc& desc : filter_cases()) cases.push_back(desc);
  for (const int factor : {2, 3}) {
    cases.push_back(UpsampleDesc{.input = {2, 3, 4}, .factor = factor, .interpolation = Interpolation::nearest});
    cases.push_back(UpsampleDesc{.input = {2, 3, 4}, .factor = factor, .interpolation = Interpolation::bilinear});
  }
  cases.push_back(UpsampleDesc{.input = {1, 1, 1}, .factor = 2, .interpolation = Interpolation::bilinear});
  cases.push_back(MaskedErrorDesc{.input = {3, 4, 5}, .reduction = Reduction::sum});
  cases.push_back(MaskedErrorDesc{.input = {3, 4, 5}, .reduction = Reduction::mean});
  cases.push_back(MaskedErrorDesc{.input = {3, 4, 5}, .sigmoid = true});
  cases.push_back(MaskedErrorDesc{.input = {3, 4, 5}, .kind = ErrorKind::absolute, .epsilon = 0.1});
  cases.push_back(MaskedErrorDesc{.input = {3, 4, 5}, .sigmoid = true, .kind = ErrorKind::absolute, .epsilon = 0.1});
  cases.push_back(TotalVariationDesc{.input = {2, 5, 7}});
  cases.push_back(TotalVariationDesc{.input = {2, 5, 7}, .reduction = Reduction::sum, .epsilon = 0.1});
  cases.push_back(TotalVariationDesc{.input = {1, 1, 1}});
  return cases;
}

/// Layers that normalise as they load. The gradient that they give is not the one in their input, so the complex step
/// does not check it; tests/graph/fuse_test.cpp does, against the same layers with a norm before them.
inline std::vector<LayerDesc> normalising_cases() {
  std::vector<LayerDesc> cases;
  for (const double slope : {0.2, 1.0}) {
    const Load load{.normalise = true, .slope = slope};
    for (const int kernel : {1, 3, 5}) {
      for (const int stride : {1, 2}) {
        for (const Padding mode : {Padding::zero, Padding::reflect}) {
          for (const int width : {7, 35}) {
            cases.push_back(Conv2dDesc{.input = {5, 12, width},
                                       .out_channels = 6,
                                       .kernel = kernel,
                                       .stride = stride,
                                       .padding = kernel / 2,
                                       .mode = mode,
                                       .load = load});
          }
        }
      }
    }
    for (const int width : {6, 33}) {
      cases.push_back(
          ConvTranspose2dDesc{.input = {6, 5, width}, .out_channels = 3, .kernel = 4, .padding = 1, .load = load});
      cases.push_back(PixelShuffleDesc{.input = {8, 3, width}, .load = load});
      cases.push_back(PixelShuffleDesc{.input = {9, 3, width}, .factor = 3, .load = load});
      cases.push_back(UpsampleDesc{.input = {2, 5, width}, .interpolation = Interpolation::bilinear, .load = load});
      cases.push_back(UpsampleDesc{.input = {2, 5, width}, .factor = 3, .load = load});
      cases.push_back(MaskedErrorDesc{.input = {2, 5, width}, .load = load});
      cases.push_back(MaskedErrorDesc{.input = {2, 5, width}, .sigmoid = true, .load = load});
      cases.push_back(
          MaskedErrorDesc{.input = {2, 5, width}, .sigmoid = true, .load = load, .kind = ErrorKind::absolute});
    }
    cases.push_back(Conv2dDesc{.input = {40, 8, 8}, .out_channels = 48, .kernel = 5, .padding = 2, .load = load});
    cases.push_back(ConvTranspose2dDesc{.input = {48, 8, 8}, .out_channels = 20, .padding = 0, .load = load});
  }
  return cases;
}

/// Larger and odder ones, for comparing backends: every channel count from 1 to 20, widths around whole vectors, narrow
/// maps, and sizes at which work is cut into many tasks.
inline std::vector<LayerDesc> backend_cases() {
  std::vector<LayerDesc> cases = layer_cases();
  for (int channels = 1; channels <= 20; ++channels) {
    cases.push_back(Conv2dDesc{.input = {channels, 13, 33}, .out_channels = 21 - channels, .kernel = 5, .padding = 2});
    cases.push_back(
        Conv2dDesc{.input = {channels, 18, 34}, .out_channels = 21 - channels, .kernel = 5, .stride = 2, .padding = 2});
    cases.push_back(Conv2dDesc{.input = {channels, 8, 8}, .out_channels = channels, .kernel = 3, .padding = 1});
    cases.push_back(
        ConvTranspose2dDesc{.input = {channels, 9, 17}, .out_channels = 21 - channels, .kernel = 4, .padding = 1});
    cases.push_back(BatchNormDesc{.input = {channels, 3, 2 * channels + 1}});
  }
  for (const int width : {15, 16, 17, 31, 32, 48, 63, 64, 65, 100}) {
    for (const Padding mode : {Padding::zero, Padding::reflect}) {
      cases.push_back(Conv2dDesc{.input = {3, 21, width}, .out_channels = 5, .kernel = 3, .padding = 1, .mode = mode});
      cases.push_back(
          Conv2dDesc{.input = {3, 20, width}, .out_channels = 6, .kernel = 5, .stride = 2, .padding = 2, .mode = mode});
    }
    cases.push_back(ConvTranspose2dDesc{.input = {6, 7, width}, .out_channels = 3, .kernel = 4, .padding = 1});
    cases.push_back(LeakyReluDesc{.input = {1, 3, width}});
    cases.push_back(SigmoidDesc{.input = {1, 3, width}});
    cases.push_back(EluDesc{.input = {1, 3, width}});
    cases.push_back(SwishDesc{.input = {1, 3, width}});
    cases.push_back(AddDesc{.input = {1, 3, width}, .scale = 0.5});
    for (const int factor : {2, 4}) cases.push_back(MaxPoolDesc{.input = {2, 9, 2 * width + 1}, .factor = factor});
    cases.push_back(mean_filter({2, 9, 2 * width + 1}));
    for (const FilterKernel& kernel : {separable_kernel(5, 6), some_kernel(5, 6), motion_kernel(9)}) {
      for (const int stride : {1, 2, 4}) cases.push_back(centred_filter({2, 11, stride * width - 1}, kernel, stride));
    }
    cases.push_back(TotalVariationDesc{.input = {2, 5, width}});
    cases.push_back(
        MaskedErrorDesc{.input = {2, 5, width}, .sigmoid = true, .kind = ErrorKind::absolute, .epsilon = 0.1});
    cases.push_back(MaskedErrorDesc{.input = {2, 5, width}});
    cases.push_back(MaskedErrorDesc{.input = {2, 5, width}, .reduction = Reduction::mean, .sigmoid = true});
  }
  for (const LayerDesc& desc : normalising_cases()) cases.push_back(desc);
  cases.push_back(BatchNormDesc{.input = {3, 200, 150}, .slope = 0.1});
  cases.push_back(BatchNormDesc{.input = {30, 10, 15}, .slope = 0});
  cases.push_back(UpsampleDesc{.input = {5, 70, 100}, .interpolation = Interpolation::bilinear});
  cases.push_back(UpsampleDesc{.input = {3, 70, 33}, .interpolation = Interpolation::nearest});
  cases.push_back(Conv2dDesc{.input = {64, 32, 32}, .out_channels = 40, .kernel = 5, .stride = 2, .padding = 2});
  cases.push_back(Conv2dDesc{.input = {36, 32, 32}, .out_channels = 64, .kernel = 5, .padding = 2});
  cases.push_back(Conv2dDesc{.input = {40, 16, 16}, .out_channels = 72, .kernel = 5, .stride = 2, .padding = 2});
  cases.push_back(Conv2dDesc{.input = {4, 128, 160}, .out_channels = 3, .kernel = 5, .padding = 2});
  cases.push_back(Conv2dDesc{.input = {2, 200, 3}, .out_channels = 4, .kernel = 3, .padding = 1});
  cases.push_back(ConvTranspose2dDesc{.input = {48, 8, 8}, .out_channels = 20, .kernel = 4, .padding = 1});
  cases.push_back(BatchNormDesc{.input = {3, 200, 150}});
  cases.push_back(PixelShuffleDesc{.input = {16, 100, 70}});
  cases.push_back(SigmoidDesc{.input = {3, 200, 150}});
  cases.push_back(AddDesc{.input = {3, 200, 150}});
  cases.push_back(MaxPoolDesc{.input = {3, 200, 150}});
  for (const FilterKernel& kernel : {separable_kernel(25, 25), some_kernel(9, 7), motion_kernel(31)}) {
    cases.push_back(centred_filter({3, 90, 150}, kernel, 1));
  }
  cases.push_back(centred_filter({3, 128, 160}, separable_kernel(16, 16), 4));
  cases.push_back(centred_filter({2, 128, 128}, separable_kernel(64, 64), 8));
  cases.push_back(centred_filter({5, 96, 160}, FilterKernel{32, 32, std::vector<float>(1024, 1.0F / 1024)}, 32));
  cases.push_back(TotalVariationDesc{.input = {3, 200, 150}});
  cases.push_back(MaskedErrorDesc{.input = {3, 200, 150}});
  cases.push_back(MaskedErrorDesc{.input = {3, 200, 150}, .sigmoid = true});
  return cases;
}

}  // namespace dipper
