// SPDX-License-Identifier: Apache-2.0
#include "api/result_aside.hpp"

#include <chrono>
#include <limits>
#include <system_error>
#include <utility>

namespace dipper {

double ResultAside::UntilToldToStop::seconds_left() {
  return std::numeric_limits<double>::infinity();
}

ResultAside::ResultAside(const TaskMethod& method, Observation observation, int threads)
    : method_(method), observation_(std::move(observation)), threads_(threads) {
  try {
    result_ = std::async(std::launch::async, [this] { return method_.restore(observation_, threads_, patience_); });
  } catch (const std::system_error&) {
    // No thread; see get().
  }
}

ResultAside::~ResultAside() {
  patience_.stop();
  if (result_.valid()) result_.wait();
}

Image ResultAside::get(Patience& patience) {
  if (!result_.valid()) return method_.restore(observation_, threads_, patience);
  constexpr std::chrono::milliseconds pause(20);
  while (result_.wait_for(pause) != std::future_status::ready) check(patience, patience_.done());
  return result_.get();
}

}  // namespace dipper
