// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "graph/program.hpp"

namespace dipper {

/// A table of what runs in one iteration: for each pass of each layer the kernel that was chosen, the time that the
/// model predicts and the time measured, both in milliseconds, and the share of the peak rate that this is, counted in
/// operations of the direct method; then the sums, and what the memory plan comes to.
/// `peak_gflops` is the backend's multiply-add rate (Backend::measure_peak); 0 leaves out what is held against it.
[[nodiscard]] std::string explain(const std::vector<Program::Timed>& layers, const MemoryPlan& memory,
                                  double peak_gflops);

}  // namespace dipper
