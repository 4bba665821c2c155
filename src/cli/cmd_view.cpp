// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "base/sha256.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/interrupt.hpp"
#include "cli/restore_options.hpp"
#include "cli/view_options.hpp"
#include "image/io.hpp"

namespace dipper::cli {
namespace {

struct Options {
  std::string picture;
  Settings settings;
  ViewOptions view;
  ReadLimits limits;
};

int show_page(const Options& options) {
  const PageEnd end;
  std::string hash;
  Image image;
  if (!options.picture.empty()) {
    const std::vector<std::byte> bytes = read_file(options.picture);
    image = decode_image(bytes, options.picture, options.limits);
    hash = sha256_of(bytes);
  }
  catch_interrupts();
  const auto page = open_view(options.view, options.settings, end.quit(), false);
  page->studio().album().take(options.limits);
  if (!image.empty()) page->studio().choose(page->studio().album().add(options.picture, hash, std::move(image)));
  end.wait();
  return exit_done;
}

}  // namespace

Command add_view(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("view", "Restore pictures on a page in the browser: paint, watch, compare");
  add_text(command, {"PICTURE", "", "what to begin with; the page takes others too"}, options->picture);
  declare_view(command, options->view);
  declare_machine(command, options->settings);
  add_max_pixels(command, options->limits);
  command.footer("Example: dipper view photo.jpg");
  return {&command, [options] { return show_page(*options); }};
}

}  // namespace dipper::cli
