// SPDX-License-Identifier: Apache-2.0
#include "fit/checkpoint.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <memory>

#include "base/files.hpp"
#include "dipper/error.hpp"
#include "kernels/far_backend.hpp"
#include "report/temporary_folder.hpp"

namespace dipper {
namespace {

namespace fs = std::filesystem;

/// A target of soft waves, some pixels unknown, and how to fit it.
struct Job {
  explicit Job(const Shape& size) : shape(size), values(size.size()), weights(size.plane(), 1.0F) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.5F + 0.4F * std::sin(0.1F * static_cast<float>(i));
    for (std::size_t i = 0; i < weights.size(); i += 3) weights[i] = 0;
    set_value(recipe, "network", "skip");
    set_value(recipe, "skip.down", "4,4");
    set_value(recipe, "skip.up", "4");
    set_value(recipe, "skip.skip", "2");
    set_value(recipe, "input.channels", "3");
    set_value(recipe, "iterations", "30");
  }
  Job& with(const char* key, const char* text) {
    set_value(recipe, key, text);
    return *this;
  }
  [[nodiscard]] Target target() const {
    return {.shape = shape,
            .values = values,
            .weights = weights,
            .observed_by = observed_by,
            .scaling = scaling,
            .guide = guide};
  }
  [[nodiscard]] Origin origin() const { return {version, task, device, seed, recipe}; }
  [[nodiscard]] Checkpoints checkpoints() const { return {origin(), target()}; }
  [[nodiscard]] std::unique_ptr<Fit> fit(Backend& backend) const {
    return std::make_unique<Fit>(target(), recipe, backend, seed);
  }

  Shape shape;
  std::vector<float> values;
  std::vector<float> weights;
  std::vector<float> guide;
  std::optional<LinearOperator> observed_by;
  std::optional<Scaling> scaling;
  Recipe recipe;
  std::string version = "1.2.3";
  std::string task = "inpaint";
  std::string device = "cpu AVX2";
  std::uint64_t seed = 5;
};

Job walk() {
  return Job({3, 13, 18}).with("input.noise", "walk").with("input.noise_scale", "0.05");
}

Job hiding() {
  return Job({3, 13, 18}).with("input.kind", "observed").with("average", "0.9");
}

Job in_parts() {
  return Job({3, 13, 300}).with("input.kind", "observed").with("input.whole", "0.001");
}

// A rate so high that it collapses, so that the good state matters.
Job fresh_with_rollback() {
  return Job({1, 32, 32})
      .with("input.noise", "fresh")
      .with("input.noise_scale", "0.03")
      .with("average", "0.9")
      .with("rollback.every", "2")
      .with("rollback.drop", "0.02")
      .with("adam.rate", "0.3");
}

Job through_operator() {
  Job job({3, 10, 12});
  job.observed_by =
      LinearOperator{.kernel = {2, 2, {0.25F, 0.25F, 0.25F, 0.25F}}, .stride = 2, .height = 20, .width = 24};
  return job.with("schedule.cosine", "0.5").with("schedule.warmup", "0.2");
}

Job reduced() {
  Job job = through_operator();
  job.scaling = Scaling{2, ResizeKernel::box};
  for (const auto& [key, text] : {std::pair{"network", "resnet"},
                                  {"resnet.norm", "false"},
                                  {"resnet.blocks", "1"},
                                  {"resnet.channels", "4"},
                                  {"input.kind", "reduced"},
                                  {"error", "absolute"}}) {
    job.with(key, text);
  }
  return job;
}

/// All that can be seen of a fit: output, average, loss, rollbacks.
std::vector<float> seen(Fit& fit, const Job& job) {
  const std::size_t size = job.target().picture().size();
  std::vector<float> all(2 * size);
  fit.output(std::span(all).first(size));
  fit.average(std::span(all).last(size));
  all.push_back(static_cast<float>(fit.loss()));
  all.push_back(static_cast<float>(fit.rollbacks()));
  return all;
}

class CheckpointFile : public test::TemporaryFolder {
 protected:
  [[nodiscard]] fs::path path() const { return file("fit.checkpoint"); }

  /// Writes a checkpoint of this job after so many steps.
  void save(const Job& job, int steps) const {
    const auto fit = job.fit(*backend_);
    for (int i = 0; i < steps; ++i) fit->step();
    job.checkpoints().save(path(), *fit);
  }

  /// Resumes a new fit; what it says, or what was wrong.
  [[nodiscard]] std::string resume(const Job& job) const {
    const auto fit = job.fit(*backend_);
    return job.checkpoints().resume(path(), *fit);
  }
  [[nodiscard]] std::string refusal(const Job& job) const {
    try {
      static_cast<void>(resume(job));
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  /// Stops every few steps, and goes on in a new fit on another number of threads.
  void expect_same_bits(const Job& job, const char* what, bool far_away = false) const {
    constexpr int steps = 24;
    const auto backend = make_cpu_backend(1);
    const auto whole = job.fit(*backend);
    for (int i = 0; i < steps; ++i) whole->step();
    const std::vector<float> expected = seen(*whole, job);
    for (const int every : {1, 3, 7}) {
      fs::remove(path());
      for (int done = 0; done < steps; done += every) {
        const auto part_backend = backend_for(done, far_away);
        const auto part = job.fit(*part_backend);
        Checkpoints checkpoints = job.checkpoints();
        const std::string note = done > 0 ? checkpoints.resume(path(), *part) : "";
        EXPECT_EQ(note, "");
        ASSERT_EQ(part->iteration(), done);
        for (int i = 0; i < every && part->iteration() < steps; ++i) part->step();
        checkpoints.save(path(), *part);
      }
      const auto again = job.fit(*backend);  // at the end there is nothing left to do, and all is there
      static_cast<void>(job.checkpoints().resume(path(), *again));
      EXPECT_EQ(seen(*again, job), expected) << what << ", stopped every " << every;
    }
    EXPECT_EQ(whole->rollbacks() > 0, job.recipe.rollback_drop > 0);
  }

  [[nodiscard]] static std::unique_ptr<Backend> backend_for(int done, bool far_away) {
    if (far_away) return std::make_unique<test::FarBackend>();
    return make_cpu_backend(done % 2 == 0 ? 3 : 1);
  }

  void put(const std::string& bytes) const { std::ofstream(path(), std::ios::binary) << bytes; }
  [[nodiscard]] std::string content() const {
    const std::vector<std::byte> bytes = read_file(path());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  std::unique_ptr<Backend> backend_ = make_cpu_backend(1);
};

TEST_F(CheckpointFile, AResumedFitHasTheBitsOfOneThatNeverStopped) {
  expect_same_bits(walk(), "walk");
  expect_same_bits(fresh_with_rollback(), "fresh noise, average and rollback");
  expect_same_bits(through_operator(), "operator");
  expect_same_bits(reduced(), "the picture made smaller");
  expect_same_bits(hiding(), "an input that hides pixels, average");
  expect_same_bits(in_parts(), "parts of an input that hides pixels");
}

TEST_F(CheckpointFile, AFitFarAwayIsResumedToo) {
  expect_same_bits(walk(), "walk", true);
  expect_same_bits(fresh_with_rollback(), "fresh noise, average and rollback", true);
  expect_same_bits(hiding(), "an input that hides pixels, average", true);
  expect_same_bits(in_parts(), "parts of an input that hides pixels", true);
}

TEST_F(CheckpointFile, TensorsHaveTheNamesOfTheGraph) {
  save(walk(), 2);
  const Safetensors read(path());
  EXPECT_EQ(read.metadata().at("state.iteration"), "2");
  EXPECT_EQ(read.metadata().at("task"), "inpaint");
  EXPECT_NE(read.metadata().at("recipe").find("network = \"skip\"\n"), std::string::npos);
  EXPECT_EQ(read.find("output")->shape.size(), 3U);
  EXPECT_NE(read.find("z"), nullptr);
  int weights = 0;
  for (const NamedTensor& tensor : read.tensors()) {
    if (!tensor.name.starts_with("weights/")) continue;
    ++weights;
    EXPECT_NE(read.find("adam.m/" + tensor.name.substr(8)), nullptr);
    EXPECT_NE(read.find("adam.v/" + tensor.name.substr(8)), nullptr);
  }
  EXPECT_GT(weights, 10);
}

TEST_F(CheckpointFile, ADifferenceIsNamedAndRefused) {
  save(walk(), 3);
  EXPECT_EQ(refusal(walk()), "");
  const auto expect = [this](const Job& job, const std::string& difference) {
    EXPECT_EQ(refusal(job), path().string() + " was made " + difference +
                                "; give what it was made with, or begin anew without --resume");
  };
  expect(walk().with("adam.rate", "0.001"), "with adam.rate 0.01, this run has 0.001");
  expect(walk().with("network", "unet"), R"(with network "skip", this run has "unet")");
  Job other = walk();
  other.seed = 6;
  expect(other, "with seed 5, this run has 6");
  other = walk();
  other.version = "1.2.4";
  expect(other, "with version 1.2.3, this run has 1.2.4");
  other = walk();
  other.task = "denoise";
  expect(other, "with task inpaint, this run has denoise");
  other = walk();
  other.values[1] += 1e-7F;
  expect(other, "for another picture");
  other = walk();
  other.weights[1] = 0.5F;
  expect(other, "for other known pixels");
  other = walk();
  other.observed_by = LinearOperator{.height = 13, .width = 18};
  expect(other, "for another kind of damage (blur, scale or noise)");
  Job guided = walk().with("input.kind", "picture");
  guided.guide = guided.values;
  save(guided, 3);
  other = guided;
  other.guide[1] += 1e-7F;
  expect(other, "with another second picture");
}

TEST_F(CheckpointFile, OnlyIterationsMayDifferAndNotBePassed) {
  save(walk(), 3);
  EXPECT_EQ(refusal(walk().with("iterations", "1000")), "");
  EXPECT_EQ(refusal(walk().with("iterations", "3")), "");
  EXPECT_EQ(refusal(walk().with("iterations", "2")), path().string() +
                                                         " has 3 iterations behind it but this run is to have 2; ask "
                                                         "for more with --iterations");
}

TEST_F(CheckpointFile, AnotherDeviceIsSaid) {
  save(walk(), 1);
  Job other = walk();
  other.device = "cpu AVX3";
  EXPECT_EQ(resume(other), path().string() +
                               " was made on cpu AVX2 and this is cpu AVX3, so the result may differ from that of one "
                               "run");
}

TEST_F(CheckpointFile, ABrokenOneGivesWayToTheOneBefore) {
  const Job job = walk();
  const auto fit = job.fit(*backend_);
  Checkpoints checkpoints = job.checkpoints();
  for (int i = 0; i < 3; ++i) {
    fit->step();
    checkpoints.save(path(), *fit);
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"fit.checkpoint", "fit.checkpoint.1"}));
  std::string flipped = content();
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  put(flipped);
  const auto resumed = job.fit(*backend_);
  Checkpoints again = job.checkpoints();
  const std::string older = path().string() + ".1";
  EXPECT_EQ(again.resume(path(), *resumed),
            path().string() + " is damaged: its checksum is wrong, so the fit goes on from " + older);
  EXPECT_EQ(resumed->iteration(), 2);
  // The good one is not replaced by the broken one.
  resumed->step();
  again.save(path(), *resumed);
  EXPECT_EQ(Safetensors(older).metadata().at("state.iteration"), "2");
  EXPECT_EQ(Safetensors(path()).metadata().at("state.iteration"), "3");
  // Without links a process that ends between two renames leaves only the older one.
  fs::remove(path());
  EXPECT_EQ(resume(job), "there is no file " + path().string() + ", so the fit goes on from " + older);
  fs::remove(older);
  EXPECT_EQ(refusal(job), "there is no file " + path().string());
}

TEST_F(CheckpointFile, CutAnywhereItIsAnError) {
  save(walk(), 1);
  const std::string whole = content();
  for (int percent = 0; percent < 100; ++percent) {
    put(whole.substr(0, whole.size() * percent / 100));
    EXPECT_NE(refusal(walk()), "") << percent;
  }
}

// One bit of each byte, header and values. Only what the JSON means counts: there are flips that change nothing.
TEST_F(CheckpointFile, AFlippedBitIsAnErrorOrTheSameState) {
  const Job job = Job({1, 4, 4}).with("skip.down", "2").with("skip.up", "2").with("skip.skip", "0");
  save(job, 1);
  const std::string whole = content();
  const auto fit = job.fit(*backend_);
  Checkpoints checkpoints = job.checkpoints();
  static_cast<void>(checkpoints.resume(path(), *fit));
  const std::vector<float> expected = seen(*fit, job);
  std::fstream bytes(path(), std::ios::binary | std::ios::in | std::ios::out);
  const auto write_at = [&bytes](std::size_t at, char byte) {
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put(byte).flush();
  };
  std::size_t refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    write_at(at, static_cast<char>(whole[at] ^ (1 << (at % 8))));
    try {
      EXPECT_EQ(checkpoints.resume(path(), *fit), "");
      EXPECT_EQ(seen(*fit, job), expected) << at;
    } catch (const Error&) {
      ++refused;
    }
    write_at(at, whole[at]);
  }
  EXPECT_GT(refused, whole.size() - 10);
}

TEST_F(CheckpointFile, WhatIsNoneIsAnError) {
  put("no checkpoint");
  EXPECT_TRUE(refusal(walk()).starts_with(path().string() + " cannot be read as safetensors: ")) << refusal(walk());
  OutputFile out(path());
  write_safetensors(out, {}, {});
  out.commit();
  EXPECT_EQ(refusal(walk()), path().string() + " is no checkpoint of this dipper's format");
}

}  // namespace
}  // namespace dipper
