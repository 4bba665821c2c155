// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace dipper {

/// How a file stores one sample of a picture.
enum class SampleType : std::uint8_t { u8, u16, f32 };

/// A picture in memory: planar float samples, [channel][row][column], rows and planes without gaps.
///
/// Samples of u8 and u16 files are divided by 255 or 65535, so [0, 1] is black to white and writing an untouched
/// picture back gives the same integers; samples of float files are kept as they are, NaN and infinity included.
/// Pixels stand upright: an EXIF orientation was applied when the file was read.
struct Image {
  int width = 0;
  int height = 0;
  int channels = 0;  ///< 1 gray, 2 gray + alpha, 3 RGB, 4 RGB + alpha (not premultiplied)
  SampleType sample = SampleType::u8;
  std::vector<float> samples;   ///< channels * height * width
  std::vector<std::byte> icc;   ///< the embedded colour profile, empty when there was none
  std::vector<std::byte> exif;  ///< the EXIF block (TIFF header first) with its orientation set to 1, or empty

  Image() = default;
  /// Throws Error for a shape that no picture can have: less than 1x1, over 2 * 10^9 pixels, channels other than 1
  /// to 4.
  Image(int width, int height, int channels, float value = 0.0F);

  [[nodiscard]] bool empty() const { return samples.empty(); }
  [[nodiscard]] bool has_alpha() const { return channels == 2 || channels == 4; }
  [[nodiscard]] int colour_channels() const { return has_alpha() ? channels - 1 : channels; }
  [[nodiscard]] std::size_t plane_size() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }
  /// The samples of all colour channels, which come before those of alpha.
  [[nodiscard]] std::span<float> colours();
  [[nodiscard]] std::span<const float> colours() const;
  [[nodiscard]] std::span<float> plane(int channel);
  [[nodiscard]] std::span<const float> plane(int channel) const;
};

/// What a file may hold to be read.
struct ReadLimits {
  std::int64_t pixels = 0;  ///< 0: 10^9, or as many as the memory that is free has room for where those are fewer
};

/// Reads a PNG, JPEG, WebP or TIFF file, told by its content, not its name; of a TIFF with several pages the first.
/// CMYK becomes sRGB, palettes RGB; a colour profile that fits neither gray nor RGB is dropped.
/// Throws Error when there is no such file, it is no picture, it is truncated, it is an animated WebP, or what its
/// header says is beyond the limits: that is found out before memory is taken for it.
[[nodiscard]] Image read_image(const std::filesystem::path& file, const ReadLimits& limits = {});

/// Writes in the format that the name's extension says (.png .jpg .jpeg .webp .tif .tiff), lossless where the format
/// can be (WebP is written lossless; JPEG at quality 95 without chroma subsampling). The file appears whole or not
/// at all: it is written beside the target and renamed. Samples are clamped to what the format holds; a picture of
/// more bits than the format has is rounded: float samples become 16 bit in PNG and stay as they are in TIFF.
/// The profile and the EXIF block are written too (TIFF: the profile only). WebP has no gray: such pictures become RGB.
/// Throws Error for an unknown extension, a place that cannot be written, or transparency in JPEG.
void write_image(const std::filesystem::path& file, const Image& image);

/// Throws what write_image would throw for this name: an unknown extension, a place that cannot be written. Leaves
/// nothing behind.
void check_writable(const std::filesystem::path& file);

/// The same, and for a format that cannot hold a picture of the size and the channels of `like`, whose samples do not
/// matter.
void check_writable(const std::filesystem::path& file, const Image& like);

/// What a comparison looks at.
struct CompareOptions {
  bool luma = false;            ///< compare BT.601 studio-swing luma (not rounded) instead of all colour channels
  int crop = 0;                 ///< pixels left out along each edge
  const Image* mask = nullptr;  ///< compare only where the mask's first channel is 0.5 or more
};

/// Peak signal-to-noise ratio in dB over the colour channels, peak 1; infinity for equal pictures.
/// Throws Error when the sizes or numbers of colour channels differ, nothing is left to compare, or a sample that is
/// compared is NaN or infinite.
[[nodiscard]] double psnr(const Image& a, const Image& b, const CompareOptions& options = {});

/// Structural similarity (Wang et al., 2004): Gaussian window 11x11 of sigma 1.5, K1 = .01, K2 = .03, peak 1, mean over
/// the colour channels and over the windows that lie wholly inside; smaller pictures use the largest odd window that
/// fits. With a mask, the mean over the windows centred on it. Throws as psnr does.
[[nodiscard]] double ssim(const Image& a, const Image& b, const CompareOptions& options = {});

/// Where two pictures differ: gain |a - b| of every colour channel, clamped to [0, 1], 8 bit and opaque. Throws Error
/// when the sizes or numbers of colour channels differ.
[[nodiscard]] Image difference(const Image& a, const Image& b, double gain = 4);

}  // namespace dipper
