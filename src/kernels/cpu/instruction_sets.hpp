// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

/// For tests and benchmarks, which try every instruction set and every kernel that the cpu backend has.
namespace dipper::cpu {

/// The names of those that this machine has, best first: the one that is used by itself is the first.
[[nodiscard]] std::vector<std::string> instruction_sets();

/// Convolutions made from now on use this kernel for every pass that it can do ("winograd"); empty: the model's choice.
void prefer_kernel(const std::string& name);
[[nodiscard]] const std::string& preferred_kernel();

/// Uses no better one for layers made from now on. An empty name means the best again.
void use_instruction_set(const std::string& name);

}  // namespace dipper::cpu
