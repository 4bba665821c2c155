// SPDX-License-Identifier: Apache-2.0
#include "report/webp_animation.hpp"

#include <fmt/format.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include <algorithm>
#include <new>

#include "base/check.hpp"
#include "dipper/error.hpp"

namespace dipper {
namespace {

class WebpAnimation : public AnimationEncoder {
 public:
  WebpAnimation(int width, int height) {
    if (std::max(width, height) > WEBP_MAX_DIMENSION) {
      throw Error(
          fmt::format("a WebP animation is at most {0} x {0} pixels; choose a smaller one", WEBP_MAX_DIMENSION));
    }
    WebPAnimEncoderOptions options;
    DIPPER_CHECK(WebPAnimEncoderOptionsInit(&options) != 0);
    options.anim_params.loop_count = 0;  // for ever
    encoder_.reset(WebPAnimEncoderNew(width, height, &options));
    if (encoder_ == nullptr) throw std::bad_alloc();
    DIPPER_CHECK(WebPConfigInit(&config_) != 0);
    config_.quality = 80;
  }

  void add(const Canvas& frame, int milliseconds) override {
    WebPPicture picture;
    DIPPER_CHECK(WebPPictureInit(&picture) != 0);
    const std::unique_ptr<WebPPicture, decltype(&WebPPictureFree)> freed(&picture, &WebPPictureFree);
    picture.use_argb = 1;
    picture.width = frame.width;
    picture.height = frame.height;
    if (WebPPictureImportRGB(&picture, frame.rgb.data(), 3 * frame.width) == 0) fail("out of memory");
    if (WebPAnimEncoderAdd(encoder_.get(), &picture, timestamp_, &config_) == 0) fail(error());
    timestamp_ += milliseconds;
  }

  std::vector<std::byte> finish() override {
    WebPData data;
    WebPDataInit(&data);
    const std::unique_ptr<WebPData, decltype(&WebPDataClear)> cleared(&data, &WebPDataClear);
    // No picture, only the time at which the last one ends.
    if (WebPAnimEncoderAdd(encoder_.get(), nullptr, timestamp_, nullptr) == 0) fail(error());
    if (WebPAnimEncoderAssemble(encoder_.get(), &data) == 0) fail(error());
    const auto* bytes = reinterpret_cast<const std::byte*>(data.bytes);
    return {bytes, bytes + data.size};
  }

 private:
  [[nodiscard]] const char* error() const { return WebPAnimEncoderGetError(encoder_.get()); }
  [[noreturn]] static void fail(const char* why) {
    throw Error(fmt::format("cannot make the WebP animation: {}", why));
  }

  std::unique_ptr<WebPAnimEncoder, decltype(&WebPAnimEncoderDelete)> encoder_{nullptr, &WebPAnimEncoderDelete};
  WebPConfig config_{};
  int timestamp_ = 0;
};

}  // namespace

std::unique_ptr<AnimationEncoder> webp_animation(int width, int height) {
  return std::make_unique<WebpAnimation>(width, height);
}

}  // namespace dipper
