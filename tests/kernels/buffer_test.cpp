// SPDX-License-Identifier: Apache-2.0
#include "kernels/buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "kernels/far_backend.hpp"

namespace dipper {
namespace {

TEST(Buffer, OnAHostIsOneMemory) {
  const auto backend = make_cpu_backend(1);
  Buffer buffer(*backend, 5);
  EXPECT_EQ(buffer.host().data(), buffer.data());
  EXPECT_EQ(buffer.pull()[4], 0);
  EXPECT_EQ(buffer.bytes(), 20U);
}

TEST(Buffer, ElsewhereTheHostHasACopy) {
  test::FarBackend backend;
  Buffer buffer(backend, 5);
  const std::span<float> host = buffer.host();
  std::iota(host.begin(), host.end(), 1.0F);
  buffer.push();
  std::ranges::fill(host, -1.0F);
  EXPECT_EQ(buffer.pull().data(), host.data());
  EXPECT_EQ(host[3], 4);
}

TEST(Buffer, ThatWasNeverPushedIsZeros) {
  test::FarBackend backend;
  Buffer buffer(backend, 3);
  for (const float value : buffer.pull()) EXPECT_EQ(value, 0);
}

TEST(Buffer, AViewSeesAndChangesWhatItLooksAt) {
  test::FarBackend backend;
  Buffer whole(backend, 6);
  Buffer part(backend, whole.data() + 2, 2);
  part.host()[1] = 7;
  part.push();
  EXPECT_EQ(whole.pull()[3], 7);
  EXPECT_EQ(part.bytes(), 0U);
}

TEST(Buffer, IsCopiedWhereItLies) {
  test::FarBackend backend;
  Buffer from(backend, 2);
  Buffer to(backend, 2);
  from.host()[1] = 3;
  from.push();
  const int downloads = backend.downloads();
  to.copy_from(from);
  EXPECT_EQ(backend.downloads(), downloads);
  EXPECT_EQ(to.pull()[1], 3);
}

TEST(Buffer, OfNothingDoesNothing) {
  Buffer buffer;
  buffer.push();
  buffer.copy_from(buffer);
  EXPECT_TRUE(buffer.pull().empty());
}

}  // namespace
}  // namespace dipper
