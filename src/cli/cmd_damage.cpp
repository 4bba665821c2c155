// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/arguments.hpp"
#include "cli/clashes.hpp"
#include "cli/command.hpp"
#include "cli/say.hpp"
#include "dipper/dipper.hpp"

namespace dipper::cli {
namespace {

struct Options {
  std::string input;
  std::string output;
  std::string mask;
  Damage damage;
  ReadLimits limits;
  bool json = false;
};

// Both files are checked before one is written.
void write(const Options& options, const Damaged& damaged) {
  check_writable(options.output, damaged.image);
  if (options.mask.empty()) return write_image(options.output, damaged.image);
  if (!damaged.mask) {
    throw Error(
        "nothing covers pixels, so --mask has nothing to show; leave it out or add what covers, such as --drop");
  }
  check_writable(options.mask, *damaged.mask);
  write_image(options.output, damaged.image);
  write_image(options.mask, *damaged.mask);
}

void print_result(const Options& options, const Damaged& damaged) {
  const Json result = {{"width", damaged.image.width},
                       {"height", damaged.image.height},
                       {"covered", damaged.covered},
                       {"seed", options.damage.seed},
                       {"version", build_info().version},
                       {"output", options.output},
                       {"mask", options.mask.empty() ? Json(nullptr) : Json(options.mask)}};
  fmt::print("{}\n", to_line(result));
}

int damage_file(const Options& options) {
  std::vector<NamedFile> outputs = {{"--output", options.output}};
  if (!options.mask.empty()) outputs.push_back({"--mask", options.mask});
  refuse_clashes({{"the clean picture", options.input}}, outputs);
  const Damaged damaged = damage(read_image(options.input, options.limits), options.damage);
  write(options, damaged);
  std::string sentence = fmt::format("damaged {}", options.input);
  if (!damaged.note.empty()) sentence += ", " + damaged.note;
  if (damaged.mask) sentence += fmt::format(", {:.1f} % of the pixels are covered", 100 * damaged.covered);
  say(fmt::format("{} -> {}\n", sentence, options.output));
  if (options.json) print_result(options, damaged);
  return exit_done;
}

}  // namespace

Command add_damage(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("damage", "Damage a clean picture on purpose, to try restorations out");
  add_text(command, {"IN", "", "a clean picture (PNG, JPEG, WebP or TIFF)"}, options->input)->required();
  command.option_defaults()->group("Damage, done in this order whatever the order of the options");
  for (const OptionInfo& option : damage_options()) {
    add_listed(command, option,
               [options, name = option.name](const std::string& value) { options->damage.options[name] = value; });
  }
  command.option_defaults()->group("Output");
  add_text(command, {"-o,--output", "OUT", "the damaged picture; name a lossless format, such as .png"},
           options->output)
      ->required();
  add_text(command,
           {"--mask", "MASK",
            "write what --drop, --text, --scratch and --hole cover, if only in part, in white: --mask of inpaint"},
           options->mask);
  add_switch(command, {"--json", "", "one JSON object on stdout: size, share of covered pixels, seed, files"},
             options->json);
  command.option_defaults()->group("How");
  add_seed(command, options->damage.seed);
  add_threads(command, options->damage.threads);
  add_max_pixels(command, options->limits);
  command.set_help_flag("-h,--help", "show this help");
  command.footer("Example: dipper damage photo.png --scratch 9 --text -o damaged.png --mask m.png");
  return {&command, [options] { return damage_file(*options); }};
}

}  // namespace dipper::cli
