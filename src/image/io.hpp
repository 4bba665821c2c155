// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "dipper/image.hpp"
#include "image/codec.hpp"

namespace dipper {

/// The format that a file's extension names, in any case. Throws Error that lists the extensions when there is none.
[[nodiscard]] const Codec& codec_for(const std::filesystem::path& file);

/// A whole file in memory to an upright picture. Throws Error with a predicate, as Codec::decode does.
[[nodiscard]] Image decode_image(std::span<const std::byte> file, const ReadLimits& limits = {});

/// The same; what is wrong is said of `file`, which it came from.
[[nodiscard]] Image decode_image(std::span<const std::byte> bytes, const std::filesystem::path& file,
                                 const ReadLimits& limits = {});

/// The whole file that write_image would write under this name (only its extension counts).
[[nodiscard]] Bytes encode_image(const std::filesystem::path& name, const Image& image);

}  // namespace dipper
