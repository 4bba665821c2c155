// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.hpp"

// The functions of before OpenSSL 3, which it calls deprecated: they take no memory, and those that took their place
// make half of a library's state first, and crash where there is no memory for it.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/sha.h>

#include <array>

#include "base/check.hpp"

namespace dipper {

Sha256::Sha256() : state_(new SHA256state_st) {
  DIPPER_CHECK_EQ(SHA256_Init(state_.get()), 1);
}

void Sha256::Delete::operator()(SHA256state_st* state) const {
  delete state;
}

void Sha256::add(std::span<const std::byte> bytes) {
  DIPPER_CHECK_EQ(SHA256_Update(state_.get(), bytes.data(), bytes.size()), 1);
}

std::string Sha256::finish() {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  DIPPER_CHECK_EQ(SHA256_Final(digest.data(), state_.get()), 1);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::string sha256_of(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

}  // namespace dipper
