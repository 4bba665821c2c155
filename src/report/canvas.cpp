// SPDX-License-Identifier: Apache-2.0
#include "report/canvas.hpp"

#include <lcms2.h>

#include <memory>
#include <span>
#include <type_traits>

#include "image/resize.hpp"
#include "image/samples.hpp"

namespace dipper {
namespace {

using Profile = std::unique_ptr<std::remove_pointer_t<cmsHPROFILE>, decltype(&cmsCloseProfile)>;

// The usual backdrop of transparent pictures: two light grays in squares of 8 pixels.
float checkerboard(int column, int row) {
  return (column / 8 + row / 8) % 2 == 0 ? 0.8F : 0.6F;
}

// Colour over the checkerboard; alpha is dropped.
Image composed(const Image& image) {
  Image out = image;
  out.channels = image.colour_channels();
  out.samples.resize(static_cast<std::size_t>(out.channels) * image.plane_size());
  const std::span<const float> alpha = image.plane(image.channels - 1);
  for (int channel = 0; channel < out.channels; ++channel) {
    const std::span<float> plane = out.plane(channel);
    for (std::size_t i = 0; i < plane.size(); ++i) {
      const auto column = static_cast<int>(i % static_cast<std::size_t>(image.width));
      const auto row = static_cast<int>(i / static_cast<std::size_t>(image.width));
      plane[i] = alpha[i] * plane[i] + (1.0F - alpha[i]) * checkerboard(column, row);
    }
  }
  return out;
}

// From the image's profile to sRGB; false when there is none that lcms can use.
bool convert(const Image& image, std::span<const std::uint8_t> samples, Canvas& canvas) {
  const std::span<const std::byte> icc = fitting_profile(image);
  if (icc.empty()) return false;
  const Profile from(cmsOpenProfileFromMem(icc.data(), static_cast<cmsUInt32Number>(icc.size())), &cmsCloseProfile);
  const Profile srgb(cmsCreate_sRGBProfile(), &cmsCloseProfile);
  if (!from || !srgb) return false;
  const cmsUInt32Number format = image.channels == 1 ? TYPE_GRAY_8 : TYPE_RGB_8;
  const std::unique_ptr<std::remove_pointer_t<cmsHTRANSFORM>, decltype(&cmsDeleteTransform)> transform(
      cmsCreateTransform(from.get(), format, srgb.get(), TYPE_RGB_8, INTENT_RELATIVE_COLORIMETRIC, 0),
      &cmsDeleteTransform);
  if (!transform) return false;
  cmsDoTransform(transform.get(), samples.data(), canvas.rgb.data(), static_cast<cmsUInt32Number>(canvas.pixels()));
  return true;
}

}  // namespace

Canvas display(const Image& image, int width, int height) {
  Image shown = width < image.width || height < image.height ? resize(image, width, height, ResizeKernel::box) : image;
  if (shown.has_alpha()) shown = composed(shown);

  Canvas canvas{shown.width, shown.height, {}};
  canvas.rgb.resize(3 * canvas.pixels());
  const std::vector<std::uint8_t> samples = to_eight_bit(shown);
  if (convert(shown, samples, canvas)) return canvas;
  const auto channels = static_cast<std::size_t>(shown.channels);
  for (std::size_t i = 0; i < canvas.pixels(); ++i) {
    for (std::size_t c = 0; c < 3; ++c) canvas.rgb[3 * i + c] = samples[channels * i + (channels == 3 ? c : 0)];
  }
  return canvas;
}

}  // namespace dipper
