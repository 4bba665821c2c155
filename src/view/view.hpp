// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "dipper/dipper.hpp"
#include "view/routes.hpp"
#include "view/run.hpp"

namespace dipper::view {

/// Where the page is.
struct ViewPlace {
  std::string address = "127.0.0.1";  ///< that is listened at
  int port = 0;                       ///< 0: any that is free
};

/// A page in the browser that shows runs and steers them, for as long as this lives.
class View {
 public:
  /// settings: of the runs that the page begins; quit: ends the program. Throws Error when the address or the port
  /// cannot be listened at.
  View(const ViewPlace& place, Settings settings, std::function<void()> quit);
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  /// The page, with the token that lets in.
  [[nodiscard]] std::string url() const;

  [[nodiscard]] Studio& studio();

  /// Does nothing where there is no screen, or no browser is known.
  void open_in_browser() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace dipper::view
