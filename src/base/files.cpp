// SPDX-License-Identifier: Apache-2.0
#include "base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "dipper/error.hpp"

namespace dipper {
namespace {

namespace fs = std::filesystem;

// What whoever wanted to write may do about it.
const char* way_out(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "; make room, or name another place";
    case EROFS:
    case EACCES:
    case EPERM:
      return "; name another place, or ask for the right to write there";
    default:
      return "; name another place";
  }
}

[[noreturn]] void fail_to_write(const fs::path& file, int error) {
  throw Error(fmt::format("cannot write {}: {}{}", file.string(), std::strerror(error), way_out(error)));
}

[[noreturn]] void fail(const char* doing, const fs::path& file, int error) {
  throw Error(fmt::format("cannot {} {}: {}", doing, file.string(), std::strerror(error)));
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : ".";
}

// By a second link, so that the first name is never missing; where the file system has no links, by renaming.
void keep_as(const fs::path& file, const fs::path& keep) {
  ::unlink(keep.c_str());
  if (::link(file.c_str(), keep.c_str()) == 0) return;
  if (::rename(file.c_str(), keep.c_str()) != 0) fail_to_write(keep, errno);
}

// What went wrong; 0: nothing.
int flush(int descriptor) {
  while (::fsync(descriptor) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

// A name lasts when its folder is on the disk. Some file systems cannot flush folders, and need not.
void flush_folder(const fs::path& folder, const fs::path& file) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // it may be written but not read
  const int error = flush(descriptor);
  ::close(descriptor);
  if (error != 0 && error != EINVAL) fail_to_write(file, error);
}

}  // namespace

fs::path follow_links(fs::path path) {
  for (int hops = 0; hops < 40; ++hops) {
    std::error_code error;
    if (!fs::is_symlink(path, error)) return path;
    const fs::path to = fs::read_symlink(path, error);
    if (error) return path;
    path = to.is_absolute() ? to : path.parent_path() / to;
  }
  return path;
}

std::vector<std::byte> read_file(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT) throw Error(fmt::format("there is no file {}", file.string()));
    fail("open", file, errno);
  }
  struct stat status {};
  ::fstat(descriptor, &status);
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode)) {
    ::close(descriptor);
    throw Error(fmt::format("{} is {}, not a file", file.string(), S_ISDIR(status.st_mode) ? "a folder" : "a device"));
  }
  std::vector<std::byte> bytes;
  bytes.reserve(status.st_size > 0 ? static_cast<std::size_t>(status.st_size) + 1 : 0);
  constexpr std::size_t step = std::size_t{1} << 20;
  while (true) {
    const std::size_t have = bytes.size();
    bytes.resize(have + step);
    const ssize_t got = ::read(descriptor, bytes.data() + have, step);
    if (got < 0 && errno == EINTR) {
      bytes.resize(have);
      continue;
    }
    bytes.resize(have + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got == 0) break;
    if (got < 0) {
      const int error = errno;
      ::close(descriptor);
      fail("read", file, error);
    }
  }
  ::close(descriptor);
  return bytes;
}

OutputFile::OutputFile(const fs::path& target) : target_(target), resolved_(follow_links(target)) {
  std::error_code error;
  if (fs::is_symlink(resolved_, error))
    throw Error(fmt::format("{} is a link that leads nowhere; name a file", target.string()));
  if (fs::is_directory(resolved_, error))
    throw Error(fmt::format("{} is a folder; name a file in it", target.string()));
  if (fs::exists(resolved_, error) && !fs::is_regular_file(resolved_, error)) {
    throw Error(fmt::format("{} is not a regular file; name another output", target.string()));
  }
  const fs::path folder = folder_of(resolved_);
  if (!fs::is_directory(folder, error)) throw Error(fmt::format("there is no folder {} to write to", folder.string()));
  if (fs::exists(resolved_, error) && ::access(resolved_.c_str(), W_OK) != 0) fail_to_write(target, errno);
  std::string name = (folder / fmt::format(".{}.XXXXXX", resolved_.filename().string())).string();
  descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) fail_to_write(target, errno);
  temporary_ = Unfinished(std::move(name));
  struct stat status {};
  const mode_t mask = ::umask(0);
  ::umask(mask);
  const bool exists = ::stat(resolved_.c_str(), &status) == 0;
  ::fchmod(descriptor_, exists ? status.st_mode & 07777 : 0666 & ~mask);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : target_(std::move(other.target_)),
      resolved_(std::move(other.resolved_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void OutputFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) fail_to_write(target_, put < 0 ? errno : EIO);  // none at all is what no file should take
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

void OutputFile::commit(const fs::path& keep) {
  if (const int error = flush(descriptor_); error != 0) fail_to_write(target_, error);
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail_to_write(target_, errno);
  if (!keep.empty()) keep_as(resolved_, keep);
  if (::rename(temporary_.path().c_str(), resolved_.c_str()) != 0) fail_to_write(target_, errno);
  temporary_.keep();
  flush_folder(folder_of(resolved_), target_);
}

}  // namespace dipper
