// SPDX-License-Identifier: Apache-2.0
#include "view/routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "dipper/dipper.hpp"
#include "fit/recipe.hpp"
#include "image/io.hpp"
#include "report/page.hpp"
#include "report/still.hpp"
#include "view/page.hpp"

namespace dipper::view {
namespace {

constexpr float still_quality = 90;
constexpr std::size_t most_still_bytes = std::size_t{64} << 20;
constexpr std::size_t most_file_bytes = std::size_t{1} << 30;
constexpr std::size_t most_words_bytes = 64 * 1024;
constexpr const char* keep_an_hour = "private, max-age=3600";  // what an address leads to stays the same

// The report's page brings along all that it is made of, and is to reach nothing.
constexpr const char* report_policy =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline' data:; "
    "frame-ancestors 'none'; sandbox allow-scripts";

// The page's own files, and the scripts and styles that it shares with the report's.
std::string_view page_text(const std::string& name) {
  const std::string_view own = view_file(name);
  return own.empty() && !name.ends_with(".html") ? page_file(name) : own;
}

const char* type_of(const std::string& name) {
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "text/javascript; charset=utf-8";
}

Json option_json(const OptionInfo& option) {
  return {{"name", option.name},      {"value", option.value},     {"help", option.help},
          {"preset", option.preset},  {"picture", option.picture}, {"positional", option.positional},
          {"damages", option.damages}};
}

Json about() {
  const BuildInfo build = build_info();
  Json all = Json::array();
  for (const TaskInfo& task : tasks()) {
    Json options = Json::array();
    for (const OptionInfo& option : task.options) options.push_back(option_json(option));
    Json methods = Json::array();
    for (const MethodInfo& method : task.methods) methods.push_back({{"name", method.name}, {"help", method.help}});
    all.push_back({{"name", task.name},
                   {"summary", task.summary},
                   {"input", task.input},
                   {"options", options},
                   {"methods", methods}});
  }
  Json devices = Json::array();
  for (const DeviceInfo& device : build.devices) {
    if (device.available) devices.push_back(fmt::format("{}: {}", device.name, device.description));
  }
  return {
      {"version", build.version}, {"devices", devices}, {"tasks", all}, {"qualities", {"fast", "balanced", "best"}}};
}

int iteration_of(const Json& number) {
  const auto iteration = whole_number(number);
  if (!iteration || *iteration > most_iterations) throw Error("a frame is named by its iteration");
  return static_cast<int>(*iteration);
}

Json parsed(const std::string& body) {
  Json wish = Json::parse(body, nullptr, false);
  if (!wish.is_object()) throw Error("the request is no JSON object");
  return wish;
}

HttpResponse done() {
  return {.status = 204, .body = ""};
}

const char* type_of_format(const std::string& format) {
  static const std::map<std::string, const char*> types{
      {"png", "image/png"}, {"jpg", "image/jpeg"}, {"webp", "image/webp"}, {"tif", "image/tiff"}};
  const auto found = types.find(format);
  if (found == types.end()) throw Error("the format is png, jpg, webp or tif");
  return found->second;
}

HttpResponse as_file(const Image& image, const std::string& stem, const std::string& format) {
  const std::string name = fmt::format("{}.{}", stem, format);
  const char* type = type_of_format(format);
  const Bytes bytes = encode_image(name, image);
  return {.type = type,
          .body = std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
          .headers = {{"Content-Disposition", as_attachment(name)}}};
}

std::string stem_of(const std::string& name) {
  return std::filesystem::path(name).stem().string();
}

}  // namespace

std::size_t Routes::most_body(const HttpRequest& request) {
  if (request.method != "POST") return 0;
  return request.place.path == "/pictures" ? most_file_bytes : most_words_bytes;
}

std::string Routes::news() const {
  Json state = studio_.state();
  state["may_quit"] = static_cast<bool>(quit_);
  return to_line(state);
}

HttpResponse Routes::answer(const HttpRequest& request) {
  try {
    return request.method == "GET" ? get(request) : post(request);
  } catch (const Json::exception&) {
    throw Error("the request lacks something, or something in it is of another kind");
  }
}

HttpResponse Routes::get(const HttpRequest& request) {
  const Place& place = request.place;
  const std::string& path = place.path;
  if (path == "/events") return {.events = true};
  if (path == "/state") return {.body = news()};
  if (path == "/about") return {.body = to_line(about())};
  if (path == "/curve") return {.body = to_line(studio_.run()->curve())};
  if (path == "/download") return download(place);
  if (path.starts_with("/pictures/")) return picture(place);
  if (path.starts_with("/frames/")) return frame(place);
  if (path == "/report") return report(place);
  const std::string name = path == "/" ? "index.html" : path.substr(1);
  const std::string_view text = page_text(name);
  if (text.empty()) return refusal(404, "there is nothing of this name here");
  return {.type = type_of(name), .body = std::string(text)};
}

HttpResponse Routes::post(const HttpRequest& request) {
  const std::string& path = request.place.path;
  if (path == "/pictures") {
    const PictureHandle read = studio_.album().read(request.place.get("name", "picture"), request.body);
    return {.status = 201, .body = to_line(to_json(*read))};
  }
  if (path == "/picture") {
    studio_.choose(studio_.album().find(parsed(request.body).at("id").get<std::string>()));
  } else if (path == "/runs") {
    studio_.begin(parsed(request.body));
    return {.status = 201};
  } else if (path == "/run/pause") {
    studio_.run()->pause();
  } else if (path == "/run/resume") {
    studio_.run()->go_on();
  } else if (path == "/run/stop") {
    studio_.run()->stop();
  } else if (path == "/run/longer") {
    studio_.go_on_longer();
  } else if (path == "/run/use") {
    studio_.run()->use(iteration_of(parsed(request.body).at("iteration")));
  } else if (path == "/quit" && quit_) {
    quit_();
  } else {
    return refusal(404, "there is nothing of this name here");
  }
  return done();
}

HttpResponse Routes::report(const Place& place) const {
  const auto run = studio_.run();
  HttpResponse page{.type = "text/html; charset=utf-8", .body = run->report()};
  page.headers.emplace_back("Content-Security-Policy", report_policy);
  if (place.query.contains("download")) {
    page.headers.emplace_back("Content-Disposition", as_attachment(stem_of(run->plan().input->name) + "_report.html"));
  }
  return page;
}

HttpResponse Routes::picture(const Place& place) {
  const PictureHandle found = studio_.album().find(place.path.substr(std::string_view("/pictures/").size()));
  if (place.query.contains("format")) return as_file(found->image, stem_of(found->name), place.at("format"));
  return still_of(found->id, place, [&found] { return found->image; });
}

HttpResponse Routes::frame(const Place& place) {
  const auto run = studio_.run();
  const std::string number = place.path.substr(std::string_view("/frames/").size());
  const int iteration = parse_integer(number, "the frame", 0, most_iterations);
  const std::string gone = "this frame was not kept";
  if (!run->has_frame(iteration)) return refusal(404, gone);
  return still_of(fmt::format("{} {}", run->plan().number, iteration), place, [&run, &gone, iteration] {
    auto frame = run->frame(iteration);
    if (!frame) throw Error(gone);  // just now
    return *std::move(frame);
  });
}

HttpResponse Routes::still_of(const std::string& key, const Place& place, const std::function<Image()>& make) {
  const int size = parse_integer(place.get("size", "1600"), "the size", 16, 8192);
  const std::string full_key = fmt::format("{} {}", key, size);
  const auto found = std::ranges::find(stills_, full_key, &Still::key);
  if (found != stills_.end()) {
    stills_.splice(stills_.begin(), stills_, found);
  } else {
    const auto began = std::chrono::steady_clock::now();
    const std::vector<std::byte> webp = still(make(), size, still_quality);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    studio_.still_took(took.count());
    stills_.push_front({full_key, std::string(reinterpret_cast<const char*>(webp.data()), webp.size())});
    still_bytes_ += webp.size();
    while (still_bytes_ > most_still_bytes && stills_.size() > 1) {
      still_bytes_ -= stills_.back().webp.size();
      stills_.pop_back();
    }
  }
  return {.type = "image/webp", .body = stills_.front().webp, .headers = {{"Cache-Control", keep_an_hour}}};
}

HttpResponse Routes::download(const Place& place) {
  const auto run = studio_.run();
  return as_file(run->result(), stem_of(run->plan().input->name) + "_restored", place.get("format", "png"));
}

}  // namespace dipper::view
