// SPDX-License-Identifier: Apache-2.0
// Preloaded into the program (LD_PRELOAD), it makes one call to the system fail, or all from one on. The environment
// says which:
//
//   DIPPER_FAULT_CALL=n        the n-th of the calls by which files come to be: making, writing, flushing, closing,
//                              naming and linking them, and making folders; counted from 1
//   DIPPER_FAULT_ERRNO=e       what it fails with; without it a write takes a part (half) and says so
//   DIPPER_FAULT_ALLOCATION=n  the n-th allocation since main() began, of any thread
//   DIPPER_FAULT_LASTING=1     so do all that follow
//   DIPPER_FAULT_LOG=file      gets a line for each call, "write 512 out.png", and in the end "allocations 1234"
//
// Nothing is really flushed, which would take most of a short run's time. A close that fails has closed, as on Linux.
// Removing a temporary file is never made to fail: whoever cannot do that
// cannot leave none.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// NOLINTBEGIN(readability-identifier-naming,readability-inconsistent-declaration-parameter-name): the system's own
// names

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

constexpr int most_descriptors = 1024;

struct Plan {
  long call = 0;
  int error = 0;  // 0: a short write
  long allocation = 0;
  bool lasting = false;
  int log = -1;
};

Plan plan;
std::atomic<long> calls{0};
std::atomic<long> allocations{0};
std::atomic<bool> in_main{false};
std::array<std::atomic<bool>, most_descriptors> watched{};

template <class Function>
Function next(Function /*same*/, const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

long number(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::atol(text);
}

// No allocation, and no call of those below.
void put(const char* line, int length) {
  if (plan.log >= 0) ::syscall(SYS_write, plan.log, line, std::min<std::size_t>(static_cast<std::size_t>(length), 511));
}

void log_call(const char* name, std::size_t size, const char* path) {
  std::array<char, 512> line{};
  put(line.data(), std::snprintf(line.data(), line.size(), "%s %zu %s\n", name, size, path));
}

void log_call(const char* name, std::size_t size, int descriptor) {
  std::array<char, 32> link{};
  std::array<char, 400> path{};
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", descriptor);
  if (::readlink(link.data(), path.data(), path.size() - 1) < 0) path[0] = '\0';
  log_call(name, size, path.data());
}

bool is_hit(long count, long wanted) {
  return wanted > 0 && (count == wanted || (plan.lasting && count > wanted));
}

// Counts this call. Whether it is one that must not do its work.
template <class What>
bool hit(const char* name, std::size_t size, What what) {
  const int before = errno;
  log_call(name, size, what);
  errno = before;
  return is_hit(++calls, plan.call);
}

template <class What>
bool fails(const char* name, std::size_t size, What what) {
  if (!hit(name, size, what) || plan.error == 0) return false;
  errno = plan.error;
  return true;
}

bool is_watched(int descriptor) {
  return descriptor >= 0 && descriptor < most_descriptors && watched[static_cast<std::size_t>(descriptor)];
}

int watch(int descriptor) {
  if (descriptor >= 0 && descriptor < most_descriptors) watched[static_cast<std::size_t>(descriptor)] = true;
  return descriptor;
}

// Files to write and folders to flush; the system's own are none of ours.
bool is_ours(const char* path, int flags) {
  const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_DIRECTORY) != 0;
  return in_main && writes && std::strncmp(path, "/dev/", 5) != 0 && std::strncmp(path, "/proc/", 6) != 0;
}

bool is_temporary(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return (slash == nullptr ? path : slash + 1)[0] == '.';
}

int open_at(int folder, const char* path, int flags, mode_t mode) {
  const bool ours = is_ours(path, flags);
  if (ours && fails("open", 0, path)) return -1;
  const auto descriptor = static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
  return ours ? watch(descriptor) : descriptor;
}

mode_t mode_of(int flags, std::va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

// Whether this write fails; what it may take otherwise.
bool write_fails(const char* name, int descriptor, std::size_t& size) {
  if (!is_watched(descriptor) || !hit(name, size, descriptor)) return false;
  if (plan.error == 0) {
    size = (size + 1) / 2;
    return false;
  }
  errno = plan.error;
  return true;
}

bool allocation_fails() {
  if (!in_main || !is_hit(++allocations, plan.allocation)) return false;
  errno = ENOMEM;
  return true;
}

using Main = int (*)(int, char**, char**);
Main real_main = nullptr;

int main_that_counts(int argc, char** argv, char** environment) {
  in_main = true;
  return real_main(argc, argv, environment);
}

__attribute__((constructor)) void read_plan() {
  plan.call = number("DIPPER_FAULT_CALL");
  plan.error = static_cast<int>(number("DIPPER_FAULT_ERRNO"));
  plan.allocation = number("DIPPER_FAULT_ALLOCATION");
  plan.lasting = number("DIPPER_FAULT_LASTING") != 0;
  if (const char* log = std::getenv("DIPPER_FAULT_LOG")) {
    plan.log = static_cast<int>(
        ::syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
  }
}

__attribute__((destructor)) void write_totals() {
  std::array<char, 64> line{};
  put(line.data(), std::snprintf(line.data(), line.size(), "allocations %ld\n", allocations.load()));
}

}  // namespace

extern "C" {

// The program's own start, which tells its allocations from those of the loader.
int __libc_start_main(Main main, int argc, char** argv, void (*init)(), void (*fini)(), void (*end)(), void* stack) {
  using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  real_main = main;
  return next(Start{}, "__libc_start_main")(main_that_counts, argc, argv, init, fini, end, stack);
}

void* malloc(std::size_t size) {
  return allocation_fails() ? nullptr : __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  return allocation_fails() ? nullptr : __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) {
  return allocation_fails() ? nullptr : __libc_realloc(memory, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  return allocation_fails() ? nullptr : __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  void* made = memalign(alignment, size);
  if (made == nullptr) return ENOMEM;
  *memory = made;
  return 0;
}

int open(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_at(folder, path, flags, mode);
}

int creat(const char* path, mode_t mode) {
  return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int mkostemp(char* path, int flags) {
  if (fails("make", 0, path)) return -1;
  return watch(next(&mkostemp, "mkostemp")(path, flags));
}

int mkstemp(char* path) {
  return mkostemp(path, 0);
}

ssize_t write(int descriptor, const void* bytes, std::size_t size) {
  if (write_fails("write", descriptor, size)) return -1;
  return ::syscall(SYS_write, descriptor, bytes, size);
}

ssize_t pwrite(int descriptor, const void* bytes, std::size_t size, off_t at) {
  if (write_fails("write", descriptor, size)) return -1;
  return ::syscall(SYS_pwrite64, descriptor, bytes, size, at);
}

int fsync(int descriptor) {
  if (is_watched(descriptor) && fails("flush", 0, descriptor)) return -1;
  return 0;
}

int fdatasync(int descriptor) {
  return fsync(descriptor);
}

int ftruncate(int descriptor, off_t size) {
  if (is_watched(descriptor) && fails("cut", 0, descriptor)) return -1;
  return static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
}

int close(int descriptor) {
  const bool failed = is_watched(descriptor) && fails("close", 0, descriptor);
  if (is_watched(descriptor)) watched[static_cast<std::size_t>(descriptor)] = false;
  const auto result = static_cast<int>(::syscall(SYS_close, descriptor));
  if (failed) errno = plan.error;
  return failed ? -1 : result;
}

int fchmod(int descriptor, mode_t mode) {
  if (is_watched(descriptor) && fails("permit", 0, descriptor)) return -1;
  return static_cast<int>(::syscall(SYS_fchmod, descriptor, mode));
}

int rename(const char* from, const char* to) {
  return fails("rename", 0, to) ? -1 : static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int link(const char* from, const char* to) {
  return fails("link", 0, to) ? -1 : static_cast<int>(::syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int unlink(const char* path) {
  if (!is_temporary(path) && fails("remove", 0, path)) return -1;
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int mkdir(const char* path, mode_t mode) {
  return fails("folder", 0, path) ? -1 : static_cast<int>(::syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}
}

// NOLINTEND(readability-identifier-naming,readability-inconsistent-declaration-parameter-name)
