// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/arguments.hpp"
#include "cli/clashes.hpp"
#include "cli/command.hpp"
#include "dipper/dipper.hpp"

namespace dipper::cli {
namespace {

struct Options {
  std::string a;
  std::string b;
  std::string mask;
  std::string difference;
  bool luma = false;
  int crop = 0;
  ReadLimits limits;
  bool json = false;
};

int compare_files(const Options& options) {
  const Image a = read_image(options.a, options.limits);
  const Image b = read_image(options.b, options.limits);
  std::optional<Image> mask;
  if (!options.mask.empty()) mask = read_image(options.mask, options.limits);

  if (!options.difference.empty()) {
    std::vector<NamedFile> inputs{{"A", options.a}, {"B", options.b}};
    if (!options.mask.empty()) inputs.push_back({"--mask", options.mask});
    refuse_clashes(inputs, {{"--difference", options.difference}});
    write_image(options.difference, difference(a, b));
  }
  const CompareOptions compare{.luma = options.luma, .crop = options.crop, .mask = mask ? &*mask : nullptr};
  const double ratio = psnr(a, b, compare);
  const double similarity = ssim(a, b, compare);
  if (options.json) {
    const Json result = {
        {"psnr", number_or_null(ratio)}, {"ssim", number_or_null(similarity)}, {"identical", std::isinf(ratio)}};
    fmt::print("{}\n", to_line(result));
  } else {
    fmt::print("PSNR {:.2f} dB  SSIM {:.4f}\n", ratio, similarity);
  }
  return exit_done;
}

}  // namespace

Command add_compare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("compare", "How alike two pictures are: PSNR and SSIM");
  add_text(command, {"A", "", "a picture (PNG, JPEG, WebP or TIFF)"}, options->a)->required();
  add_text(command, {"B", "", "another one of the same size"}, options->b)->required();
  add_text(command, {"--mask", "FILE", "compare only where this picture is white"}, options->mask);
  add_switch(command, {"--luma", "", "compare the BT.601 luma instead of all colours"}, options->luma);
  add_integer(command, {"--crop", "N", "leave out N pixels along each edge"}, options->crop, 0);
  add_text(command,
           {"--difference", "FILE", "write where they differ: four times the difference, black where they agree"},
           options->difference);
  add_max_pixels(command, options->limits);
  add_switch(command, {"--json", "", "one JSON object: psnr (null when the pictures are equal), ssim, identical"},
             options->json);
  command.footer("Example: dipper compare photo.png restored.png");
  return {&command, [options] { return compare_files(*options); }};
}

}  // namespace dipper::cli
