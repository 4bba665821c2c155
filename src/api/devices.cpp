// SPDX-License-Identifier: Apache-2.0
#include "api/devices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

constexpr const char* usual_precision = "bf16";

bool is_usual(const std::string& precision) {
  return precision.empty() || precision == "auto";
}

Precision precision_of(const std::string& name) {
  constexpr std::array<std::pair<const char*, Precision>, 4> all{
      {{"f32", Precision::f32}, {"tf32", Precision::tf32}, {"bf16", Precision::bf16}, {"fp16", Precision::fp16}}};
  std::vector<std::string> names;
  for (const auto& [known, precision] : all) {
    if (name == known) return precision;
    names.emplace_back(known);
  }
  throw Error(fmt::format("there is no precision \"{}\"; use auto, f32, tf32, bf16 or fp16{}", name,
                          did_you_mean(name, names)));
}

Device on_host(const Settings& settings, std::unique_ptr<Backend> backend) {
  if (!is_usual(settings.precision) && precision_of(settings.precision) != Precision::f32) {
    throw Error(fmt::format(
        "device {} computes with f32 alone, so --precision {} has no effect; leave it out, or use --device cuda",
        backend->name(), settings.precision));
  }
  std::string origin = backend->name() == "cpu" ? fmt::format("cpu {}", cpu_instruction_set()) : backend->name();
  return {std::move(backend), std::move(origin)};
}

Device on_cuda(const Settings& settings, int number) {
  const std::string precision = is_usual(settings.precision) ? usual_precision : settings.precision;
  const Precision known = precision_of(precision);
  const int count = static_cast<int>(cuda_devices().size());
  if (count == 0) throw Error(fmt::format("no NVIDIA device: {}; use --device cpu", why_no_cuda()));
  if (number >= count) {
    throw Error(fmt::format("there is no device cuda:{}; this machine's last is cuda:{}", number, count - 1));
  }
  return {make_cuda_backend(number, known), "cuda " + precision};
}

Device find_device(const Settings& settings) {
  const std::string& name = settings.device;
  const std::string numbered = "cuda:";
  if (name == "auto") {
    const std::vector<CudaDevice> devices = cuda_devices();
    const auto usable = std::ranges::find(devices, "", &CudaDevice::why_not_to_use);
    if (usable != devices.end()) return on_cuda(settings, static_cast<int>(usable - devices.begin()));
  }
  if (name == "auto" || name == "cpu") return on_host(settings, make_cpu_backend(settings.threads));
  if (name == "ref") return on_host(settings, make_ref_backend());
  if (name == "cuda") return on_cuda(settings, 0);
  if (name.starts_with(numbered)) {
    return on_cuda(settings, parse_integer(name.substr(numbered.size()), "what follows \"cuda:\"", 0, 1'000'000));
  }
  const std::array<std::string, 4> names{"auto", "cpu", "ref", "cuda"};
  throw Error(
      fmt::format("there is no device \"{}\"; use auto, cpu, ref, cuda or cuda:N{}", name, did_you_mean(name, names)));
}

}  // namespace

Device make_device(const Settings& settings) {
  Device device = find_device(settings);
  if (settings.max_memory > 0) device.backend->limit_memory(static_cast<std::size_t>(settings.max_memory));
  return device;
}

}  // namespace dipper
