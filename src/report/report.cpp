// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/base64.hpp"
#include "base/check.hpp"
#include "base/evenly.hpp"
#include "base/files.hpp"
#include "base/unfinished.hpp"
#include "dipper/error.hpp"
#include "dipper/report.hpp"
#include "report/page.hpp"
#include "report/still.hpp"

namespace dipper {
namespace {

namespace fs = std::filesystem;

// What keeps the page of a 512x512 picture with 100 frames under 5 MB.
constexpr std::size_t most_frames = 120;
constexpr int frame_size = 320;
constexpr float frame_quality = 75;
constexpr int picture_size = 1600;
constexpr float picture_quality = 92;
constexpr std::size_t lossless_pixels = 640 * 640;
constexpr float lossless = 101;

std::string data_url(std::string_view type, std::span<const std::byte> bytes) {
  return fmt::format("data:{};base64,{}", type, base64(bytes));
}

// Within a script nothing may look like its end.
std::string in_script(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (const char letter : json) {
    if (letter == '<') {
      text += "\\u003c";
    } else {
      text += letter;
    }
  }
  return text;
}

std::string in_text(std::string_view words) {
  std::string text;
  for (const char letter : words) {
    switch (letter) {
      case '<':
        text += "&lt;";
        break;
      case '&':
        text += "&amp;";
        break;
      default:
        text += letter;
    }
  }
  return text;
}

// The modules of the page, each as an address that holds it.
std::string import_map() {
  // Without a type it would be left half made where there is no memory for its first member.
  nlohmann::ordered_json imports = nlohmann::ordered_json::object();
  for (const char* module : {"curve.mjs", "gestures.mjs", "player.mjs", "report.mjs", "viewer.mjs"}) {
    imports[fmt::format("dipper/{}", module)] =
        data_url("text/javascript", std::as_bytes(std::span(page_file(module))));
  }
  return nlohmann::ordered_json{{"imports", imports}}.dump();
}

// {{name}} becomes what stands for it; that is not looked through again.
std::string filled(std::string_view page, std::span<const std::pair<std::string_view, std::string>> values) {
  std::string text;
  while (true) {
    const std::size_t begin = page.find("{{");
    text += page.substr(0, begin);
    if (begin == std::string_view::npos) return text;
    const std::size_t end = page.find("}}", begin);
    const std::string_view name = page.substr(begin + 2, end - begin - 2);
    for (const auto& [key, value] : values) {
      if (key == name) text += value;
    }
    page.remove_prefix(end + 2);
  }
}

void write_text(OutputFile& file, std::string_view text) {
  file.write(std::as_bytes(std::span(text)));
  file.commit();
}

// "report.html", in any case.
bool is_page(const fs::path& target) {
  const std::string extension = target.extension().string();
  return std::ranges::equal(extension, std::string_view(".html"), {},
                            [](unsigned char letter) { return std::tolower(letter); });
}

}  // namespace

std::vector<fs::path> report_files(const fs::path& target) {
  if (is_page(target)) return {target, fs::path(target).replace_extension(".json")};
  return {target / "index.html", target / "run.json"};
}

struct Report::State {
  State() = default;
  explicit State(const fs::path& target) : files(report_files(target)) {
    if (!is_page(target)) make_folder(target);
    for (const fs::path& file : files) static_cast<void>(OutputFile(file));
  }

  void make_folder(const fs::path& target) {
    std::error_code error;
    std::string name = target.string();
    if (fs::create_directory(target, error)) folder = Unfinished(std::move(name));
    if (!error && fs::is_directory(target)) return;
    throw Error(fmt::format("cannot make the folder {} for the report: {}", target.string(),
                            error ? error.message() : "there is a file of that name"));
  }

  struct Shown {
    std::string name;
    std::string label;
    int iteration;
    std::vector<std::byte> webp;
  };

  Unfinished folder;  // where this has made one; it stays with a report in it
  std::vector<fs::path> files;
  Evenly<Shown> frames{most_frames};
  std::optional<Shown> last_frame;
  std::vector<Shown> pictures;
};

Report::Report(const fs::path& target) : state_(std::make_unique<State>(target)) {}
Report::Report() : state_(std::make_unique<State>()) {}
Report::~Report() = default;
Report::Report(Report&&) noexcept = default;
Report& Report::operator=(Report&&) noexcept = default;

void Report::frame(int iteration, const Image& picture) {
  state_->frames.add([&] { return State::Shown{"frame", "", iteration, still(picture, frame_size, frame_quality)}; });
}

void Report::last_frame(int iteration, const Image& picture) {
  state_->last_frame = State::Shown{"frame", "", iteration, still(picture, frame_size, frame_quality)};
}

void Report::picture(const std::string& name, const std::string& label, const Image& picture) {
  const float quality = picture.plane_size() <= lossless_pixels ? lossless : picture_quality;
  state_->pictures.push_back({name, label, 0, still(picture, picture_size, quality)});
}

std::string Report::page(const std::string& title, const std::string& run) const {
  nlohmann::ordered_json shown = nlohmann::ordered_json::array();
  const auto add = [&shown](const State::Shown& picture) {
    shown.push_back({{"name", picture.name},
                     {"label", picture.label},
                     {"iteration", picture.iteration},
                     {"src", data_url("image/webp", picture.webp)}});
  };
  std::ranges::for_each(state_->pictures, add);
  for (const State::Shown& frame : state_->frames.kept()) {
    if (!state_->last_frame || frame.iteration < state_->last_frame->iteration) add(frame);
  }
  if (state_->last_frame) add(*state_->last_frame);
  const std::string style = fmt::format("{}\n{}", page_file("dygraph.min.css"), page_file("page.css"));
  const std::pair<std::string_view, std::string> values[] = {
      {"title", in_text(title)},
      {"style", style},
      {"run", in_script(run)},
      {"pictures", in_script(shown.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace))},
      {"dygraph", std::string(page_file("dygraph.min.js"))},
      {"importmap", import_map()}};
  return filled(page_file("report.html"), values);
}

void Report::write(const std::string& title, const std::string& run) {
  DIPPER_CHECK(!state_->files.empty());
  const std::string text = page(title, run);
  OutputFile json(state_->files[1]);
  OutputFile page(state_->files[0]);
  write_text(json, run + "\n");
  write_text(page, text);
}

}  // namespace dipper
