// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "base/json.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "dipper/dipper.hpp"

namespace dipper::cli {
namespace {

void print_text(const BuildInfo& info) {
  fmt::print("version          {}\n", info.version);
  fmt::print("instruction set  {}\n", info.instruction_set);
  fmt::print("threads          {}\n", info.threads);
  fmt::print("codecs           {}\n", fmt::join(info.codecs, ", "));
  const char* title = "devices";
  for (const DeviceInfo& device : info.devices) {
    fmt::print("{:<17}{:<7} {}{}\n", title, device.name, device.description,
               device.available ? "" : " (not available here)");
    title = "";
  }
}

void print_object(const BuildInfo& info) {
  Json devices = Json::array();
  for (const DeviceInfo& device : info.devices) {
    devices.push_back({{"name", device.name}, {"description", device.description}, {"available", device.available}});
  }
  const Json result = {{"version", info.version},
                       {"instruction_set", info.instruction_set},
                       {"threads", info.threads},
                       {"codecs", info.codecs},
                       {"devices", devices}};
  fmt::print("{}\n", to_line(result));
}

}  // namespace

Command add_info(CLI::App& app) {
  const auto json = std::make_shared<bool>(false);
  CLI::App& command = *app.add_subcommand("info", "This build and this machine: version, codecs, devices");
  add_switch(command, {"--json", "", "one JSON object"}, *json);
  return {&command, [json] {
            *json ? print_object(build_info()) : print_text(build_info());
            return exit_done;
          }};
}

}  // namespace dipper::cli
