// SPDX-License-Identifier: Apache-2.0
#include "cli/outputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/files.hpp"
#include "cli/clashes.hpp"
#include "cli/resume.hpp"
#include "image/crop.hpp"
#include "image/io.hpp"

namespace dipper::cli {
namespace {

namespace fs = std::filesystem;

constexpr int strip_rows = 512;

// A run may go on from the files that it then writes.
bool is_checkpoint(const RestoreOptions& options, const fs::path& resume) {
  const std::string checkpoint = checkpoint_file(options);
  if (checkpoint.empty()) return false;
  const std::vector<fs::path> files = checkpoint_files(checkpoint);
  return std::any_of(files.begin(), files.end(), [&resume](const fs::path& file) { return same_file(file, resume); });
}

std::vector<NamedFile> inputs_of(const RestoreOptions& options) {
  std::vector<NamedFile> files = {{"the picture to restore", options.input}};
  if (!options.truth.empty()) files.push_back({"--truth", options.truth});
  for (const auto& [name, file] : options.task_pictures) files.push_back({"--" + name, file});
  if (const fs::path& resume = options.settings.resume; !resume.empty() && !is_checkpoint(options, resume)) {
    for (const fs::path& file : checkpoint_files(resume)) files.push_back({"--resume", file});
  }
  return files;
}

// photo.png -> photo_damaged.png
fs::path damaged_file(const RestoreOptions& options) {
  const fs::path output = options.output;
  return output.parent_path() / (output.stem().string() + "_damaged" + output.extension().string());
}

std::vector<NamedFile> outputs_of(const RestoreOptions& options) {
  std::vector<NamedFile> files = {{"--output", options.output}};
  if (options.damages) files.push_back({"the damaged picture", damaged_file(options)});
  if (!options.strip.empty()) files.push_back({"--strip", options.strip});
  if (!options.animation.empty()) files.push_back({"--animation", options.animation});
  if (!options.uncertainty.empty()) files.push_back({"--uncertainty", options.uncertainty});
  if (!options.report.empty()) {
    for (const fs::path& file : report_files(options.report)) files.push_back({"--report", file});
  }
  if (const std::string checkpoint = checkpoint_file(options); !checkpoint.empty()) {
    const std::vector<fs::path> both = checkpoint_files(checkpoint);
    files.push_back({"--checkpoint", both[0]});
    // A kill in the middle of saving leaves two names of one file.
    if (!same_file(both[0], both[1])) files.push_back({"--checkpoint", both[1]});
  }
  return files;
}

// Whether writing frames into `folder` could replace `file`.
bool is_frame_in(const fs::path& folder, const fs::path& file) {
  return same_file(folder, fs::absolute(file).parent_path()) && file.filename().string().starts_with("frame_") &&
         file.extension() == ".png";
}

void refuse_frame_clashes(const RestoreOptions& options) {
  if (options.frames.empty()) return;
  std::vector<NamedFile> files = outputs_of(options);
  for (NamedFile& input : inputs_of(options)) files.push_back(std::move(input));
  for (const NamedFile& file : files) {
    if (!is_frame_in(options.frames, file.file)) continue;
    throw Error(fmt::format("--frames could overwrite {} ({}); name another folder", file.file.string(), file.what));
  }
}

// A strip of the shape that the run will write.
Image blank_strip(const RestoreOptions& options, const Image& input) {
  const bool has_truth = options.damages || !options.truth.empty();
  const std::vector<Image> pictures(has_truth ? 3 : 2, Image(input.width, input.height, 1));
  return strip(pictures, strip_rows);
}

void refuse_uncertainty_of_raw(const RestoreOptions& options) {
  if (options.uncertainty.empty() || !options.raw) return;
  throw Error(
      "--uncertainty tells of the restored picture, but --raw writes the network's own output; leave one of the two "
      "out");
}

}  // namespace

Image uncertainty_map(const Uncertainty& uncertainty) {
  Image map = uncertainty.deviation;
  map.sample = SampleType::u8;
  for (float& sample : map.samples) sample = std::min(1.0F, 10 * sample);
  return map;
}

FrameFolder::FrameFolder(fs::path folder) : folder_(std::move(folder)) {
  fs::path path;
  for (const fs::path& part : folder_) {
    path /= part;
    std::error_code error;
    std::string name = path.string();
    Unfinished& made = made_.emplace_front();
    if (fs::create_directory(path, error)) made = Unfinished(std::move(name));
    if (error || !fs::is_directory(path)) {
      throw Error(fmt::format("cannot make the folder {} for --frames: {}", folder_.string(),
                              error ? error.message() : fmt::format("{} is a file", path.string())));
    }
  }
  check_writable(folder_ / frame_name(0));
}

void FrameFolder::write(int iteration, const Image& picture) const {
  write_image(folder_ / frame_name(iteration), picture);
}

Outputs::Outputs(const RestoreOptions& options, const Image& input) : options_(options), channels_(input.channels) {
  refuse_uncertainty_of_raw(options);
  refuse_clashes(inputs_of(options), outputs_of(options));
  refuse_frame_clashes(options);
  claims_.emplace_back(options.output);
  if (const std::string checkpoint = checkpoint_file(options); !checkpoint.empty()) {
    claims_.emplace_back(checkpoint);
    static_cast<void>(OutputFile(checkpoint));  // can it be written?
  }
  check_writable(options.output, input);
  if (options.damages) check_writable(damaged_file(options), input);
  if (!options.strip.empty()) check_writable(options.strip, blank_strip(options, input));
  if (!options.uncertainty.empty()) check_writable(options.uncertainty, Image(input.width, input.height, 1));
  if (!options.animation.empty()) animation_.emplace(options.animation, options.animation_size);
  if (!options.frames.empty()) frames_.emplace(options.frames);
}

void Outputs::check_size(int width, int height) const {
  Image like;  // its samples do not matter
  like.width = width;
  like.height = height;
  like.channels = channels_;
  check_writable(options_.output, like);
  like.channels = 1;
  if (!options_.uncertainty.empty()) check_writable(options_.uncertainty, like);
}

double Outputs::seconds_per_pixel(const Image& like) const {
  constexpr int side = 512;
  constexpr double more = 1.2;  // than the part took: a machine has other things to do too
  const Image part = upper_left(like, std::min(side, like.width), std::min(side, like.height));
  const auto began = std::chrono::steady_clock::now();
  static_cast<void>(encode_image(options_.output, part));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const int files = 1 + (options_.damages ? 1 : 0) + (options_.strip.empty() ? 0 : 1);
  return more * files * took.count() / static_cast<double>(part.plane_size());
}

std::string Outputs::frame(const Progress& progress) {
  if (progress.picture == nullptr) return "";
  const Image& picture = options_.raw ? *progress.raw : *progress.picture;
  const bool first = frames_written_.failure().empty();
  if (frames_) frames_written_([&] { frames_->write(progress.iteration, picture); });
  if (animation_) animation_->add(picture);
  last_frame_ = progress.iteration;
  if (!first || frames_written_.failure().empty()) return "";
  return fmt::format("the fit goes on without a frame of iteration {}: {}", progress.iteration,
                     frames_written_.failure());
}

void Outputs::write(const Request& request, const Restoration& restoration) {
  const Image& restored = options_.raw ? restoration.raw : restoration.image;
  Attempts attempts;
  has_picture_ = attempts([&] { write_image(options_.output, restored); });
  if (restoration.damaged) {
    DIPPER_CHECK(options_.damages);  // else nobody checked that this file may be written
    attempts([&] { write_image(damaged_file(options_), *restoration.damaged); });
  }
  if (!options_.strip.empty()) {
    std::vector<Image> pictures;
    if (restoration.truth) pictures.push_back(*restoration.truth);
    pictures.push_back(restoration.damaged ? *restoration.damaged : request.input);
    pictures.push_back(restored);
    attempts([&] { write_image(options_.strip, strip(pictures, strip_rows)); });
  }
  if (!options_.uncertainty.empty() && restoration.uncertainty) {
    attempts([&] { write_image(options_.uncertainty, uncertainty_map(*restoration.uncertainty)); });
  }
  if (last_frame_ != restoration.iterations) {
    if (frames_) attempts([&] { frames_->write(restoration.iterations, restored); });
    if (animation_) animation_->add(restored);
  }
  if (animation_) attempts([&] { animation_->write(); });
  attempts([&] { frames_written_.finish(); });
  attempts.finish();
}

}  // namespace dipper::cli
