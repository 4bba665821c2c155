// SPDX-License-Identifier: Apache-2.0
#include "api/judging.hpp"

#include <fmt/format.h>

#include <optional>
#include <thread>
#include <utility>

#include "api/plain.hpp"
#include "api/result_aside.hpp"
#include "base/memory.hpp"
#include "base/patience.hpp"
#include "fit/fit.hpp"
#include "tasks/taken_noise.hpp"

namespace dipper {
namespace {

// Of the time that is left: what the classical method may take for its result, and then for what the judge has to know
// of that. A fit that is left less than as much again would not come near it.
constexpr double share_of_result = 0.6;
constexpr double share_of_judging = 0.35;

/// The classical method at work, for a judge or for a fit that goes by it.
class Classics {
 public:
  Classics(const Observation& observation, const Range& range, const Settings& settings, const Listener& listener)
      : observation_(observation), range_(range), settings_(settings), listener_(listener) {}

  // What a judge is to know of its result.
  Judge::Classic for_judge(const HeldOut& held_out, Judging& judging) const {
    std::optional<ResultAside> blind;
    if (asks_for_blind() && may_go_aside(*observation_.classic)) {
      blind.emplace(*observation_.classic, without(observation_, held_out.pixels()), 1);
    }
    const std::optional<Restored> full = restore(judging);
    if (!full || &full->method != observation_.classic) blind.reset();
    if (!full) {
      judging.note += ", so there is no classical result";
      return filling(held_out, judging);
    }
    Judge::Classic classic{.full = colours_of(full->picture, range_), .blind = {}, .noise = {}};
    Waiting waiting = wait(full->method, share_of_judging);
    try {
      if (!asks_for_blind()) {
        classic.noise = noise_of(*full, held_out, waiting);
      } else if (blind) {
        classic.blind = colours_of(blind->get(waiting), range_);
      } else {
        const Observation others = without(observation_, held_out.pixels());
        classic.blind = colours_of(full->method.restore(others, settings_.threads, waiting), range_);
      }
    } catch (const OutOfPatience&) {
      leave_alone(full->picture, waiting, judging);
      return {};
    }
    return classic;
  }

  // What a fit learns from that goes by its result.
  void try_on(Judging& judging) const {
    const std::optional<Restored> full = restore(judging);
    if (!full) {
      judging.alone = plain_result(observation_, range_);
      judging.classic = "the picture as it came";
      return;
    }
    Waiting waiting = wait(full->method, share_of_judging);
    try {
      judging.trying = try_classic(observation_, full->picture, range_, settings_.threads, waiting);
    } catch (const OutOfPatience&) {
      leave_alone(full->picture, waiting, judging);
    }
  }

 private:
  struct Restored {
    Image picture;
    const TaskMethod& method;
  };

  // By the quick method where there is no time for the other; nothing, and a note, when there is none for either.
  std::optional<Restored> restore(Judging& judging) const {
    for (const TaskMethod* method : {observation_.classic, observation_.quick_classic}) {
      if (method == nullptr) continue;
      Waiting waiting = wait(*method, share_of_result);
      try {
        Image picture = method->restore(observation_, settings_.threads, waiting);
        judging.classic = method->name;
        if (!judging.note.empty()) judging.note += fmt::format(", so {} takes its place", method->name);
        return Restored{std::move(picture), *method};
      } catch (const OutOfPatience&) {
        if (waiting.stopped()) throw Stopped("stopped before there was a picture, so nothing is written");
        const double seconds = waiting.expected_seconds();  // 0 where nobody knows
        judging.note += fmt::format("{}{} would take {}", judging.note.empty() ? "" : " and ", method->name,
                                    seconds > 0 ? fmt::format("about {:.0f} s", seconds) : "longer than there is");
      }
    }
    return std::nullopt;
  }

  void leave_alone(const Image& full, const Waiting& waiting, Judging& judging) const {
    judging.stopped = waiting.stopped();
    judging.note +=
        fmt::format("{}there was no time for a fit that could improve it", judging.note.empty() ? "" : ", and ");
    judging.alone = colours_of(full, range_);
    observation_.noise.to_truth(judging.alone, true);
  }

  [[nodiscard]] Waiting wait(const TaskMethod& method, double share) const {
    return {method.name, share * listener_.pace.seconds_left(), Waiting::Result::whole, listener_};
  }

  // What there is in no time, where it is better than nothing.
  Judge::Classic filling(const HeldOut& held_out, Judging& judging) const {
    if (!observation_.keeps_known) return {};
    judging.classic = "a smooth filling";
    return {.full = plain_result(observation_, range_),
            .blind = plain_result(without(observation_, held_out.pixels()), range_),
            .noise = {}};
  }

  [[nodiscard]] bool asks_for_blind() const { return observation_.keeps_known || observation_.noise.sigma() <= 0; }

  // Beside itself: where there are a thread and memory for both, of which cubic interpolation takes 400 bytes a pixel.
  [[nodiscard]] bool may_go_aside(const TaskMethod& method) const {
    constexpr std::size_t bytes = 500;
    const unsigned threads = settings_.threads == 0 ? std::thread::hardware_concurrency() : settings_.threads;
    return method.on_one_thread && threads > 1 && 4 * bytes * observation_.damaged.plane_size() < free_bytes();
  }

  // What the result has of the noise at the pixels held out.
  [[nodiscard]] Noise noise_of(const Restored& full, const HeldOut& held_out, Patience& patience) const {
    TakenNoise noise = taken_noise(observation_, full.method, full.picture, held_out.pixels(), settings_.seed,
                                   settings_.threads, patience);
    const float unit = (range_.high - range_.low) * (range_.high - range_.low);
    for (std::vector<float>* values : {&noise.taken, &noise.near}) {
      for (float& value : *values) value /= unit;
    }
    return {.mean_square = noise.noise / unit, .taken = std::move(noise.taken), .near = std::move(noise.near)};
  }

  const Observation& observation_;
  const Range& range_;
  const Settings& settings_;
  const Listener& listener_;
};

// In units of that range. Where samples lie beyond [0, 1], none was clipped.
NoiseModel noise_in(const Range& range, const NoiseModel& noise) {
  const float unit = range.high - range.low;
  return unit == 1 ? noise : NoiseModel(noise.sigma() / unit);
}

}  // namespace

bool sees_an_excerpt(const Recipe& recipe, const Observation& observation) {
  return observation.keeps_known && recipe.sees_an_excerpt(observation.damaged.plane_size());
}

Judging make_judging(const Observation& observation, const Recipe& recipe, const Range& range, const Settings& settings,
                     const Listener& listener) {
  const Image& picture = observation.damaged;
  Judging judging{.values = colours_of(picture, range), .weights = observation.weights};
  if (recipe.input_kind == "again" && observation.damage_again) {
    Classics(observation, range, settings, listener).try_on(judging);
    return judging;
  }
  const Shape shape{picture.colour_channels(), picture.height, picture.width};
  if (sees_an_excerpt(recipe, observation)) {
    judging.excerpt.emplace(judging.values, judging.weights, shape,
                            static_cast<std::size_t>(recipe.pixels_of_excerpt()));
  }
  if (recipe.hold_out_share <= 0 || observation.observed_by) return judging;
  const double share_seen =  // in a step
      static_cast<double>(seen_at_once(recipe, shape).plane()) / static_cast<double>(shape.plane());
  HeldOut held_out(judging.weights, picture.height, picture.width, recipe.hold_out_share, settings.seed);
  if (held_out.empty()) return judging;
  Measure measure{.weights = judging.weights,
                  .right = observation.keeps_known,
                  .noise = noise_in(range, observation.noise),
                  .noise_doubt = observation.noise_doubt,
                  .blind = recipe.input_kind == "observed" && recipe.average > 0,
                  .hidden = recipe.input_hide * share_seen};
  judging.weights = held_out.others(judging.weights);
  Judge::Classic classic;
  if (observation.classic != nullptr) {
    classic = Classics(observation, range, settings, listener).for_judge(held_out, judging);
  }
  judging.judge.emplace(std::move(held_out), judging.values, shape, std::move(classic), recipe.hold_out_patience,
                        std::move(measure));
  return judging;
}

}  // namespace dipper
