// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <string>

#include "base/json.hpp"
#include "dipper/image.hpp"
#include "view/http.hpp"
#include "view/studio.hpp"

namespace dipper::view {

/// Answers what the page asks, out of a studio. To be called on one thread.
class Routes {
 public:
  /// quit: ends the program; none where the page may not.
  Routes(Studio& studio, std::function<void()> quit) : studio_(studio), quit_(std::move(quit)) {}

  /// Throws Error for what cannot be done.
  [[nodiscard]] HttpResponse answer(const HttpRequest& request);

  /// The studio's state as one line.
  [[nodiscard]] std::string news() const;

  /// How many bytes a request may bring along.
  [[nodiscard]] static std::size_t most_body(const HttpRequest& request);

 private:
  [[nodiscard]] HttpResponse get(const HttpRequest& request);
  [[nodiscard]] HttpResponse post(const HttpRequest& request);
  [[nodiscard]] HttpResponse picture(const Place& place);
  [[nodiscard]] HttpResponse frame(const Place& place);
  [[nodiscard]] HttpResponse report(const Place& place) const;
  /// The picture that make() gives, as the page shows it; `key` says which it is. Calls it where that was not asked for
  /// lately.
  [[nodiscard]] HttpResponse still_of(const std::string& key, const Place& place, const std::function<Image()>& make);
  [[nodiscard]] HttpResponse download(const Place& place);

  struct Still {
    std::string key;
    std::string webp;
  };

  Studio& studio_;
  std::function<void()> quit_;
  std::list<Still> stills_;  // the last ones that were asked for, the newest first
  std::size_t still_bytes_ = 0;
};

}  // namespace dipper::view
