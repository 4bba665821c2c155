// SPDX-License-Identifier: Apache-2.0
#include "api/devices.hpp"

#include <gtest/gtest.h>

#include "dipper/error.hpp"

namespace dipper {
namespace {

std::string refusal(const std::string& device, const std::string& precision = "") {
  Settings settings;
  settings.device = device;
  settings.precision = precision;
  try {
    static_cast<void>(make_device(settings));
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Devices, OfAHostAreAlwaysThere) {
  Settings settings;
  settings.device = "cpu";
  settings.precision = "f32";
  const Device cpu = make_device(settings);
  EXPECT_EQ(cpu.backend->name(), "cpu");
  EXPECT_EQ(cpu.origin, "cpu " + cpu_instruction_set());
  settings.device = "ref";
  settings.precision = "auto";
  EXPECT_EQ(make_device(settings).origin, "ref");
}

TEST(Devices, AutoIsTheFirstNvidiaDeviceOrTheCpu) {
  Settings settings;
  const Device device = make_device(settings);
  EXPECT_EQ(device.backend->name(), cuda_devices().empty() ? "cpu" : "cuda");
  if (!cuda_devices().empty()) {
    EXPECT_EQ(device.origin, "cuda bf16");
  }
}

TEST(Devices, GiveNoMoreMemoryThanIsAllowed) {
  Settings settings;
  settings.device = "cpu";
  settings.max_memory = 1e6;
  const Device device = make_device(settings);
  EXPECT_NE(device.backend->allocate(200'000), nullptr);
  try {
    static_cast<void>(device.backend->allocate(100'000));
    ADD_FAILURE();
  } catch (const MemoryLimit& error) {
    EXPECT_EQ(error.needed, 1'200'000);
    EXPECT_EQ(error.limit, 1'000'000);
    EXPECT_STREQ(error.what(),
                 "more than 0.0012 GB of memory are needed, and 0.001 may be taken; use a smaller picture or network, "
                 "or allow more with --max-memory");
  }
  EXPECT_NE(device.backend->allocate(50'000), nullptr);  // what was refused was not taken
}

TEST(Devices, WithoutAnNvidiaDeviceAsksForTheCpu) {
  if (!cuda_devices().empty()) GTEST_SKIP() << "there is one";
  EXPECT_EQ(refusal("cuda"), "no NVIDIA device: " + why_no_cuda() + "; use --device cpu");
  EXPECT_EQ(refusal("cuda:2", "tf32"), refusal("cuda"));
}

TEST(Devices, ThatAreNoneAreRefused) {
  EXPECT_EQ(refusal("cdua"), R"(there is no device "cdua"; use auto, cpu, ref, cuda or cuda:N (did you mean cuda?))");
  EXPECT_NE(refusal("cuda:first").find("what follows \"cuda:\""), std::string::npos) << refusal("cuda:first");
  EXPECT_NE(refusal("cuda:1000"), "");
}

TEST(Devices, RefuseAPrecisionThatTheyHaveNot) {
  EXPECT_EQ(
      refusal("cpu", "bf16"),
      "device cpu computes with f32 alone, so --precision bf16 has no effect; leave it out, or use --device cuda");
  EXPECT_NE(refusal("ref", "tf32"), "");
  EXPECT_EQ(refusal("cuda", "bf61"),
            R"(there is no precision "bf61"; use auto, f32, tf32, bf16 or fp16 (did you mean bf16?))");
}

}  // namespace
}  // namespace dipper
