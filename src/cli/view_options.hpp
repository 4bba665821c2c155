// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "view/view.hpp"

namespace CLI {
class App;
}

namespace dipper::cli {

/// Where the page is and who opens it.
struct ViewOptions {
  view::ViewPlace place;
  bool stay_closed = false;  ///< nobody opens it
};

/// --port, --no-open and --listen, for the group that is set.
void declare_view(CLI::App& command, ViewOptions& options);

/// The page, open if that was wanted and is possible; where it is stands on the standard output or, when `aside`, on
/// the standard error.
[[nodiscard]] std::unique_ptr<view::View> open_view(const ViewOptions& options, const Settings& settings,
                                                    std::function<void()> quit, bool aside);

/// Whether somebody has ended the page there, or a signal the program here.
class PageEnd {
 public:
  /// What the page calls.
  [[nodiscard]] std::function<void()> quit() const;
  /// What others ask.
  [[nodiscard]] std::function<bool()> ended() const;
  void wait() const;

 private:
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace dipper::cli
