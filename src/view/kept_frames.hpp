// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "base/evenly.hpp"
#include "dipper/image.hpp"

namespace dipper::view {

/// The pictures of a fit, as precise as its file will be, in not too much memory: of very many some are kept, evenly,
/// and the last. May be added to on one thread and read on others.
class KeptFrames {
 public:
  /// bytes: for all of them; at most `most`, and always two.
  explicit KeptFrames(std::size_t bytes = std::size_t{384} << 20, std::size_t most = 120);

  /// One later than all before, of their shape.
  void add(int iteration, const Image& picture);

  /// Ascending.
  [[nodiscard]] std::vector<int> iterations() const;

  /// 0 without any.
  [[nodiscard]] int last() const;

  [[nodiscard]] bool has(int iteration) const;

  /// Nothing where there is none of this iteration.
  [[nodiscard]] std::optional<Image> frame(int iteration) const;

 private:
  using Samples = std::variant<std::vector<std::uint8_t>, std::vector<std::uint16_t>, std::vector<float>>;
  struct Kept {
    int iteration;
    Samples samples;
  };

  [[nodiscard]] std::shared_ptr<const Kept> find(int iteration) const;

  std::size_t bytes_;
  std::size_t most_;
  mutable std::mutex mutex_;
  Image like_;  // without samples
  std::optional<Evenly<std::shared_ptr<const Kept>>> evenly_;
  std::shared_ptr<const Kept> last_;  // among them or not
};

}  // namespace dipper::view
