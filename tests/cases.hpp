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
  for (const int factor : {2, 3}) {
    cases.push_back(UpsampleDesc{.input = {2, 3, 4}, .factor = factor, .interpolation = Interpolation::nearest});
    cases.push_back(UpsampleDesc{.input = {2, 3, 4}, .factor = factor, .interpolation = Interpolation::bilinear});
  }
  cases.push_back(UpsampleDesc{.input = {1, 1, 1}, .factor = 2, .interpolation = Interpolation::bilinear});
  cases.push_back(MaskedSquaredErrorDesc{.input = {3, 4, 5}, .reduction = Reduction::sum});
  cases.push_back(MaskedSquaredErrorDesc{.input = {3, 4, 5}, .reduction = Reduction::mean});
  cases.push_back(MaskedSquaredErrorDesc{.input = {3, 4, 5}, .sigmoid = true});
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
      cases.push_back(MaskedSquaredErrorDesc{.input = {2, 5, width}, .load = load});
      cases.push_back(MaskedSquaredErrorDesc{.input = {2, 5, width}, .sigmoid = true, .load = load});
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
    cases.push_back(MaskedSquaredErrorDesc{.input = {2, 5, width}});
    cases.push_back(MaskedSquaredErrorDesc{.input = {2, 5, width}, .reduction = Reduction::mean, .sigmoid = true});
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
  cases.push_back(MaskedSquaredErrorDesc{.input = {3, 200, 150}});
  cases.push_back(MaskedSquaredErrorDesc{.input = {3, 200, 150}, .sigmoid = true});
  return cases;
}

}  // namespace dipper
