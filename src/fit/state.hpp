// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "kernels/buffer.hpp"
#include "kernels/shape.hpp"

namespace dipper {

/// Is shown everything that changes from step to step, to save it or to replace it. Each part of a fit has one function
/// visit() that names its values, so that saving and loading cannot disagree. What is shown may depend on values that
/// were shown before. Names differ, and have slashes between their parts.
class StateVisitor {
 public:
  StateVisitor() = default;
  virtual ~StateVisitor() = default;
  StateVisitor(const StateVisitor&) = delete;
  StateVisitor& operator=(const StateVisitor&) = delete;

  /// 0 or more.
  virtual void integer(const std::string& name, int& value) = 0;
  /// Any number, infinities and NaN too, to the last bit but for NaN's.
  virtual void number(const std::string& name, double& value) = 0;
  /// As many values as the shape says. Where they lie stays as long as the fit.
  virtual void tensor(const std::string& name, const std::vector<std::size_t>& shape, std::span<float> values) = 0;
};

/// Shows what the backend has, which then has what the visitor left.
inline void visit_buffer(StateVisitor& visitor, const std::string& name, const std::vector<std::size_t>& shape,
                         Buffer& buffer) {
  visitor.tensor(name, shape, buffer.pull());
  buffer.push();
}

/// A picture's or a feature map's shape for StateVisitor::tensor().
[[nodiscard]] inline std::vector<std::size_t> sizes_of(const Shape& shape) {
  return {static_cast<std::size_t>(shape.channels), static_cast<std::size_t>(shape.height),
          static_cast<std::size_t>(shape.width)};
}

/// A part of what the optimiser changes.
struct StatePart {
  const char* name;
  Buffer* values;
};

}  // namespace dipper
