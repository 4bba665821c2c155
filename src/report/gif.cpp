// SPDX-License-Identifier: Apache-2.0
#include "report/gif.hpp"

#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>
#include <span>
#include <utility>

#include "dipper/error.hpp"
#include "report/dither.hpp"
#include "report/palette.hpp"

namespace dipper {
namespace {

// Pixels whose colour moved by no more than this since they were drawn are left as they are: late frames of a fit
// change little, and dither that does not flicker is pleasant to see and cheap to store.
constexpr int tolerance = 8;

// A frame gets as many colours as its bytes allow: a hundred frames of 200x200 stay under 2 MB whatever they show. What
// earlier frames left over, and something to begin with, goes to those that need more.
constexpr double bytes_per_frame = 1000;  // the palette, mainly
constexpr double bytes_per_pixel = 0.36;
constexpr double savings_per_pixel = 8;
constexpr double most_extra_per_pixel = 0.3;
constexpr int most_bits = 8;
constexpr int least_bits = 3;

// A frame that stays this long is looked at: it is drawn anew, with all colours.
constexpr int long_milliseconds = 1000;

struct Written {
  std::vector<std::byte> bytes;
  bool complete = true;
};

// How many were taken, which giflib does not always look at. It is C, which no exception may pass.
int append(GifFileType* gif, const GifByteType* bytes, int count) noexcept {
  auto& written = *static_cast<Written*>(gif->UserData);
  const auto* first = reinterpret_cast<const std::byte*>(bytes);
  try {
    written.bytes.insert(written.bytes.end(), first, first + count);
    return count;
  } catch (const std::bad_alloc&) {
    written.complete = false;
    return 0;
  }
}

[[noreturn]] void fail(int error) {
  if (error == E_GIF_ERR_NOT_ENOUGH_MEM || error == E_GIF_ERR_WRITE_FAILED) throw std::bad_alloc();
  throw Error(fmt::format("cannot make the GIF: {}", GifErrorString(error)));
}

void free_map(ColorMapObject* map) {
  GifFreeMapObject(map);
}

class GifAnimation : public AnimationEncoder {
 public:
  GifAnimation(int width, int height) : width_(width), height_(height), savings_(savings_per_pixel * width * height) {
    if (width > 65535 || height > 65535) throw Error("a GIF is at most 65535 x 65535 pixels; choose a smaller one");
    int error = 0;
    gif_ = EGifOpen(&written_, append, &error);
    if (gif_ == nullptr) fail(error);
    EGifSetGifVersion(gif_, true);
    check(EGifPutScreenDesc(gif_, width, height, 8, 0, nullptr));
    constexpr std::array<GifByteType, 3> for_ever = {1, 0, 0};
    check(EGifPutExtensionLeader(gif_, APPLICATION_EXT_FUNC_CODE));
    check(EGifPutExtensionBlock(gif_, 11, "NETSCAPE2.0"));
    check(EGifPutExtensionBlock(gif_, static_cast<int>(for_ever.size()), for_ever.data()));
    check(EGifPutExtensionTrailer(gif_));
  }

  GifAnimation(const GifAnimation&) = delete;
  GifAnimation& operator=(const GifAnimation&) = delete;

  ~GifAnimation() override {
    if (gif_ != nullptr) EGifCloseFile(gif_, nullptr);
  }

  void add(const Canvas& frame, int milliseconds) override {
    const bool stays = milliseconds >= long_milliseconds;
    const std::vector<bool> changed = stays ? std::vector<bool>(frame.pixels(), true) : changes(frame);
    const auto pixels = static_cast<double>(frame.pixels());
    const double share = bytes_per_frame + bytes_per_pixel * pixels;
    const double budget = share + std::clamp(savings_, 0.0, most_extra_per_pixel * pixels);
    const std::size_t before = written_.bytes.size();
    const auto used = [&] { return static_cast<double>(written_.bytes.size() - before); };
    bits_ = stays ? most_bits : std::min(bits_ + 1, most_bits);  // frames resemble each other: begin near the last one
    put(frame, changed, milliseconds);
    while (!stays && bits_ > least_bits && used() > budget) {
      written_.bytes.resize(before);  // giflib has finished the picture and keeps nothing of it
      --bits_;
      put(frame, changed, milliseconds);
    }
    savings_ += share - used();
    remember(frame, changed);
  }

  std::vector<std::byte> finish() override {
    int error = 0;
    GifFileType* gif = std::exchange(gif_, nullptr);
    const int status = EGifCloseFile(gif, &error);
    if (status != GIF_OK) fail(error);
    if (!written_.complete) throw std::bad_alloc();
    return std::move(written_.bytes);
  }

 private:
  // The pixels that need a new colour: all of the first frame.
  [[nodiscard]] std::vector<bool> changes(const Canvas& frame) const {
    std::vector<bool> changed(frame.pixels(), true);
    for (std::size_t i = 0; i < drawn_.size(); i += 3) {
      int most = 0;
      for (std::size_t c = i; c < i + 3; ++c) most = std::max(most, std::abs(frame.rgb[c] - drawn_[c]));
      changed[i / 3] = most > tolerance;
    }
    return changed;
  }

  // Writes the changed pixels with 2^bits_ colours, one of which is transparent.
  void put(const Canvas& frame, const std::vector<bool>& changed, int milliseconds) {
    const std::vector<Colour> palette = palette_of(frame, changed, (1 << bits_) - 1);
    const auto transparent = static_cast<std::uint8_t>(palette.size());
    const std::vector<std::uint8_t> indices = dither(frame, changed, palette, transparent);
    put_control(milliseconds, transparent);
    put_picture(palette, indices);
  }

  void remember(const Canvas& frame, const std::vector<bool>& changed) {
    drawn_.resize(frame.rgb.size());
    for (std::size_t i = 0; i < drawn_.size(); ++i) {
      if (changed[i / 3]) drawn_[i] = frame.rgb[i];
    }
  }

  // From the changed pixels alone; one index is left for the others.
  static std::vector<Colour> palette_of(const Canvas& frame, const std::vector<bool>& changed, int count) {
    std::vector<std::uint8_t> rgb;
    for (std::size_t i = 0; i < changed.size(); ++i) {
      const auto first = frame.rgb.begin() + static_cast<std::ptrdiff_t>(3 * i);
      if (changed[i]) rgb.insert(rgb.end(), first, first + 3);
    }
    return rgb.empty() ? std::vector<Colour>{{0, 0, 0}} : make_palette(rgb, count);
  }

  void put_control(int milliseconds, int transparent) {
    GraphicsControlBlock control{};
    control.DisposalMode = DISPOSE_DO_NOT;
    control.DelayTime = milliseconds / 10;
    control.TransparentColor = transparent;
    std::array<GifByteType, 4> bytes{};
    const std::size_t size = EGifGCBToExtension(&control, bytes.data());
    check(EGifPutExtension(gif_, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(size), bytes.data()));
  }

  void put_picture(std::span<const Colour> palette, std::span<const std::uint8_t> indices) {
    std::array<GifColorType, 256> entries{};
    for (std::size_t i = 0; i < palette.size(); ++i) entries[i] = {palette[i][0], palette[i][1], palette[i][2]};
    const int count = 1 << GifBitSize(static_cast<int>(palette.size()) + 1);  // the format has powers of two only
    const std::unique_ptr<ColorMapObject, decltype(&free_map)> map(GifMakeMapObject(count, entries.data()), &free_map);
    if (map == nullptr) throw std::bad_alloc();
    check(EGifPutImageDesc(gif_, 0, 0, width_, height_, false, map.get()));
    std::vector<GifPixelType> line(static_cast<std::size_t>(width_));  // giflib masks it in place
    for (std::size_t row = 0; row < indices.size(); row += line.size()) {
      std::copy_n(indices.begin() + static_cast<std::ptrdiff_t>(row), line.size(), line.begin());
      check(EGifPutLine(gif_, line.data(), width_));
    }
  }

  void check(int status) const {
    if (status != GIF_OK) fail(gif_->Error);
    if (!written_.complete) throw std::bad_alloc();
  }

  int width_;
  int height_;
  GifFileType* gif_ = nullptr;
  Written written_;
  std::vector<std::uint8_t> drawn_;  // what each pixel was meant to show when it was last drawn, [row][column][3]
  int bits_ = most_bits;             // of the last frame's palette
  double savings_;                   // bytes that later frames may use beyond their share
};

}  // namespace

std::unique_ptr<AnimationEncoder> gif_animation(int width, int height) {
  return std::make_unique<GifAnimation>(width, height);
}

}  // namespace dipper
