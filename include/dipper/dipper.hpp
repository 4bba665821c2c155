// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dipper/damage.hpp"
#include "dipper/error.hpp"
#include "dipper/image.hpp"
#include "dipper/report.hpp"

/// dipper restores one damaged picture by fitting an untrained network to it (Deep Image Prior, Ulyanov et al., 2017).
namespace dipper {

/// How to fit, whatever the task.
struct Settings {
  std::string quality = "balanced";        ///< fast, balanced or best: which of the task's recipes
  double time = 0;                         ///< seconds that all may take: a fit ends early, or goes on longer; 0: any
  double time_before = 0;                  ///< seconds of them that have passed before restore() was called
  double time_after = 0;                   ///< seconds of them to be left for each pixel of the restored picture, such
                                           ///< as to write it
  std::string recipe;                      ///< a name from recipes(), or a path to a recipe's text; empty: the task's
  std::map<std::string, std::string> set;  ///< single values of the recipe replaced, such as {"adam.rate", "0.01"}
  std::optional<int> iterations;           ///< instead of the recipe's
  std::uint64_t seed = 0;                  ///< weights, input and noise all follow from it
  int threads = 0;                         ///< 0: one per core; the result does not depend on it
  std::string device = "auto";  ///< a name from BuildInfo::devices; auto: the first NVIDIA device, else the cpu.
                                ///< ref is slow: the definition that the others are tested against
  std::string precision;        ///< f32, tf32, bf16 or fp16, what an NVIDIA device computes with; empty or auto: bf16
  double max_memory = 0;        ///< bytes that the fit may take of the device's memory, or it is refused; 0: what
                                ///< is free
  int every = 0;                ///< iterations between pictures in Progress; 0: as the recipe says
  bool explain = false;         ///< fill Progress::explanation
  bool uncertainty = false;     ///< fill Restoration::uncertainty
  std::filesystem::path checkpoint;  ///< where the fit's state is saved, the one before as FILE.1; empty: nowhere
  double checkpoint_every = 60;      ///< seconds from one saving to the next; 0: after every iteration
  bool checkpoint_at_end = true;     ///< save the last state too; one that the callback stopped is saved anyway
  std::filesystem::path resume;      ///< the checkpoint to go on from; empty: begin anew
};

/// One picture to restore.
struct Request {
  std::string task = "inpaint";                ///< a name from tasks()
  Image input;                                 ///< the damaged picture
  std::map<std::string, std::string> options;  ///< the task's own options, such as {"missing", "black"}
  std::map<std::string, Image> pictures;       ///< the task's own pictures, such as "mask"
  std::optional<Image> truth;  ///< the undamaged picture, to measure against; never fitted to. For a picture that is
                               ///< enlarged, its upper left part when it has a few more rows or columns than that
  std::string method = "fit";  ///< or one of TaskInfo::methods, which need no network, and take nothing of the settings
                               ///< but the seed and the threads
  Settings settings;
};

/// How good a result is likely to be, found by pixels that a fit did not learn.
struct Expectation {
  double psnr = 0;    ///< of the pixels that are missing, in dB
  double within = 0;  ///< it lies so near to that with a chance of about 95 %
};

/// How far a result is likely to be from the truth, pixel by pixel.
struct Uncertainty {
  /// The standard deviation of each pixel's error over its colours, in units of the picture's samples: gray, f32, as
  /// large as the result. 0 where a known pixel stayed as it was.
  Image deviation;
  bool calibrated = false;  ///< by pixels whose truth or noise is known; else how far the fit's results were spread
  double mean_error = 0;    ///< the root of the mean square of `deviation` where it is not 0
  std::optional<double> within_one;  ///< the share of samples that were held out and lie within `deviation` of the
  std::optional<double> within_two;  ///< result, and within twice that; none where they are noisy, or none were
};

/// What a fit says of itself while it runs.
struct Progress {
  std::string stage;        ///< what is done beside the iterations just now: a classical method by its name,
                            ///< "picture" while one is made, or "uncertainty" while that is found; else empty
  double stage_done = 0;    ///< how much of that is done, from 0 to 1
  std::string note;         ///< something to be told, in one sentence, such as a checkpoint that could not be written
  std::string summary;      ///< what is fitted to what, such as "50.1 % of the pixels are missing; network ..."
  int iteration = 0;        ///< finished iterations
  int iterations = 0;       ///< planned in all
  int resumed_from = 0;     ///< iterations that an earlier run had finished; 0 when the fit began anew
  std::string explanation;  ///< with Settings::explain, in the first call: what an iteration consists of, a table
  int width = 0;            ///< of the restored picture, in pixels
  int height = 0;
  double loss = 0;
  std::optional<double> psnr;           ///< of `picture` against the truth: known when both are
  std::optional<double> raw_psnr;       ///< of `raw` against the truth, likewise
  std::optional<Expectation> expected;  ///< of the last picture, where the recipe holds pixels out
  double seconds = 0;                   ///< since restore() was called
  double iterations_per_second = 0;     ///< of this run, as is seconds_left
  double seconds_left = 0;
  std::size_t planned_bytes = 0;   ///< the peak of the process's memory, estimated before the fit
  int rollbacks = 0;               ///< how often the fit collapsed and was taken back to its last good state
  const Image* picture = nullptr;  ///< the restoration so far: every `every` iterations, at the start and at the end
  const Image* raw = nullptr;      ///< the network's own output, whenever `picture` is there
  const Image* damaged = nullptr;  ///< in the first call: the damaged picture, when the task made it itself
  double* waited = nullptr;  ///< during a fit: what is added here, the seconds that a call waited for a person, counts
                             ///< neither as time nor for the speed
};

/// Called on the thread that called restore(): once before the first iteration of this run, when memory is taken and
/// `summary` and `planned_bytes` are known, and then after every iteration (on an NVIDIA device, which runs ahead,
/// after every 16th and wherever there is a picture), where returning false ends the fit; what it has reached is
/// returned. Also ten times a second during what takes longer than half a second beside the iterations, which `stage`
/// names: before the first iteration or instead of any a classical method, and whatever picture takes long to make.
/// Returning false ends that as well: restore() then returns what there is, or throws Stopped when that is nothing.
using ProgressCallback = std::function<bool(const Progress&)>;

/// What came out of a fit.
struct Restoration {
  Image image;  ///< the restored picture: known pixels as they were, alpha and profile too
  Image raw;    ///< what the network alone says everywhere: its last output, or its average where it learns
                ///< from hidden pixels; of a task that mixes it in as it draws, as `image`
  std::optional<Image> damaged;  ///< the damaged picture, when the task made it itself
  std::optional<Image> truth;    ///< what the figures below were measured against
  std::optional<double> psnr;    ///< of `image` against the truth
  std::optional<double> ssim;
  std::optional<double> raw_psnr;          ///< of `raw` against the truth
  std::optional<Expectation> expected;     ///< found without the truth, where the recipe holds pixels out
  std::optional<Uncertainty> uncertainty;  ///< with Settings::uncertainty; none after too few iterations to tell
  int iterations = 0;                      ///< in all
  int best_iteration = 0;            ///< the one whose result was taken, where the recipe holds pixels out; else 0
  double iterations_per_second = 0;  ///< of this run
  std::string reason;                ///< why the fit ended before its last iteration, as a clause; else empty
  std::string failure;               ///< why the fit could not go on, as a sentence that says what to try; else empty
  std::string classic;               ///< the method whose result was mixed with the fit's; else empty
  double classic_share = 0;          ///< how much of the result is that method's, on average over the picture
  int resumed_from = 0;              ///< those of them that an earlier run had finished
  double seconds = 0;                ///< that restore() took, with what the callback took
  std::size_t peak_bytes = 0;        ///< the process's largest resident memory, measured
  std::uint64_t seed = 0;
  std::string method;                ///< "fit", or the other that was asked for
  std::string recipe;                ///< empty without a fit
  std::string recipe_text;           ///< every value of it as it was used, as TOML: the text of a recipe again
  std::string device;                ///< what the fit ran on: cpu, ref or cuda; empty without one
  bool stopped = false;              ///< the callback ended the fit
  std::filesystem::path checkpoint;  ///< the last one that this run wrote; empty for none
  std::string note;                  ///< something to be told, in one sentence, such as why there is no checkpoint
};

/// Fits a network to one picture, or applies the method that was asked for, which calls `progress` once before it
/// begins and once at its end. A resumed fit of the same request ends with the same bits as one that never stopped;
/// only `iterations` may be another number, and a schedule then follows that. Throws Stopped when the callback wants to
/// stop before there is anything to return, Error for a request that cannot be met, such as a checkpoint that was made
/// for another, before any work is done, and FitError when the fit diverged before it had learned anything; of one that
/// diverged later, also at half, a quarter and an eighth of its learning rate, the best picture comes back with
/// Restoration::failure.
[[nodiscard]] Restoration restore(const Request& request, const ProgressCallback& progress = {});

/// FILE and FILE.1, where Settings::checkpoint is FILE.
[[nodiscard]] std::vector<std::filesystem::path> checkpoint_files(const std::filesystem::path& checkpoint);

/// The shortest way to repair missing pixels: white in `mask` is what to repair, gray a weight in between.
[[nodiscard]] Restoration inpaint(const Image& damaged, const Image& mask, const Settings& settings = {},
                                  const ProgressCallback& progress = {});

/// One option of a task or of damage(), or one value of a recipe.
struct OptionInfo {
  std::string name;         ///< as written: --name on the command line, name = in a recipe
  std::string value;        ///< what to write for its value in help, such as "P" or "FILE"; empty for a switch, and in
                            ///< brackets, such as "[STRING]", when it may be left out, which then means the preset
  std::string help;         ///< one line
  std::string preset;       ///< its default as text; empty for none
  bool picture = false;     ///< its value is a picture: Request::pictures takes it
  bool positional = false;  ///< a second picture that follows the first without a name
  bool damages = false;     ///< the input is a clean picture that the task damages itself: see Restoration::damaged
};

/// A way to restore without a network.
struct MethodInfo {
  std::string name;
  std::string help;  ///< one line
};

/// What dipper can repair.
struct TaskInfo {
  std::string name;
  std::string summary;
  std::string example;  ///< a command line that works as printed
  std::string input;    ///< what Request::input is, such as "the noisy picture"
  std::vector<OptionInfo> options{};
  std::vector<MethodInfo> methods{};  ///< beside "fit"
};
[[nodiscard]] std::vector<TaskInfo> tasks();

/// Everything that damage() can do, in the order in which it does it.
[[nodiscard]] std::vector<OptionInfo> damage_options();

/// A recipe that comes with dipper.
struct RecipeInfo {
  std::string name;
  std::string summary;
  std::string text;  ///< the TOML file itself
};
[[nodiscard]] std::vector<RecipeInfo> recipes();

/// Something a fit can run on.
struct DeviceInfo {
  std::string name;         ///< as --device takes it, "cuda:0"
  std::string description;  ///< such as "AVX3, 2 threads"
  bool available = false;   ///< a fit can use it in this build and on this machine
};

/// This build and this machine.
struct BuildInfo {
  std::string version;
  std::string instruction_set;  ///< the one that the cpu device uses here
  int threads = 0;              ///< that a fit uses when not told
  std::vector<std::string> codecs;
  std::vector<DeviceInfo> devices;
};
[[nodiscard]] BuildInfo build_info();

}  // namespace dipper
