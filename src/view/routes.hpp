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

/// What the page may do beside the studio's business.
struct Doors {
  std::string output;                           ///< the file that the run writes, for the page to say; or empty
  std::function<void(const Image&)> save = {};  ///< writes it again, with a frame that was chosen
  std::function<void()> quit = {};              ///< ends the program; none where the page may not
};

/// Answers what the page asks, out of a studio. To be called on one thread.
class Routes {
 public:
  Routes(Studio& studio, Doors doors) : studio_(studio), doors_(std::move(doors)) {}

  /// Throws Error for what cannot be done.
  [[nodiscard]] HttpResponse answer(const HttpRequest& request);

  /// The studio's state as one line, with what the doors add to it.
  [[nodiscard]] std::string news() const;

  /// How many bytes a request may bring along.
  [[nodiscard]] static std::size_t most_body(const HttpRequest& request);

 private:
  [[nodiscard]] HttpResponse get(const HttpRequest& request);
  [[nodiscard]] HttpResponse post(const HttpRequest& request);
  [[nodiscard]] HttpResponse picture(const Place& place);
  [[nodiscard]] HttpResponse frame(const Place& place);
  [[nodiscard]] HttpResponse still_of(const std::string& key, const Image& image, const Place& place);
  [[nodiscard]] HttpResponse download(const Place& place);
  void use(int iteration);

  struct Still {
    std::string key;
    std::string webp;
  };

  Studio& studio_;
  Doors doors_;
  std::list<Still> stills_;  // the last ones that were asked for, the newest first
};

}  // namespace dipper::view
