// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/program.hpp"
#include "dipper/dipper.hpp"

namespace dipper {
namespace {

using test::Outcome;
using Json = nlohmann::json;

class Info : public test::ProgramTest {};

TEST_F(Info, SaysWhatTheLibrarySays) {
  const BuildInfo info = build_info();
  const Outcome outcome = run({"info"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.out.find("version          " + info.version), std::string::npos);
  const Json json = Json::parse(run({"info", "--json"}).out);
  EXPECT_EQ(json.at("version"), info.version);
  EXPECT_EQ(json.at("instruction_set"), info.instruction_set);
  EXPECT_EQ(json.at("threads"), info.threads);
  EXPECT_EQ(json.at("codecs").size(), info.codecs.size());
  ASSERT_EQ(json.at("devices").size(), info.devices.size());
  for (const DeviceInfo& device : info.devices) {
    EXPECT_NE(outcome.out.find(device.description), std::string::npos) << device.name;
  }
}

}  // namespace
}  // namespace dipper
