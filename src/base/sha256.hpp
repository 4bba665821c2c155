// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct SHA256state_st;

namespace dipper {

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();

  /// Appends. How the bytes are cut into pieces does not matter.
  void add(std::span<const std::byte> bytes);
  void add(std::string_view text) { add(std::as_bytes(std::span(text))); }

  /// The digest as 64 hexadecimal digits; nothing may be added afterwards.
  [[nodiscard]] std::string finish();

 private:
  struct Delete {
    void operator()(SHA256state_st* state) const;
  };
  std::unique_ptr<SHA256state_st, Delete> state_;
};

/// Of these bytes alone.
[[nodiscard]] std::string sha256_of(std::span<const std::byte> bytes);

}  // namespace dipper
