// SPDX-License-Identifier: Apache-2.0
#include "view/routes.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <span>
#include <thread>

#include "view/pictures.hpp"

namespace dipper::view {
namespace {

using test::png_of;
using test::ramp;

class RoutesOf : public testing::Test {
 protected:
  RoutesOf() {
    routes_.emplace(studio_, [this] { quit_ = true; });
  }

  HttpResponse get(const std::string& target) {
    return routes_->answer({.method = "GET", .place = *parse_target(target), .host = "", .cookie = ""});
  }

  HttpResponse post(const std::string& target, const std::string& body = "{}") {
    return routes_->answer({.method = "POST", .place = *parse_target(target), .host = "", .cookie = "", .body = body});
  }

  [[nodiscard]] Json state() { return Json::parse(get("/state").body); }

  void restore() {
    static_cast<void>(post("/pictures?name=a%20photo.png", png_of(ramp(32, 24))));
    const Json wish{{"task", "inpaint"},
                    {"picture", "p1"},
                    {"options", {{"drop", "0.5"}}},
                    {"settings", {{"recipe", "small"}, {"iterations", 60}}}};
    ASSERT_EQ(post("/runs", wish.dump()).status, 201);
    for (int wait = 0; wait < 6000 && state().at("phase") != "done"; ++wait) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_EQ(state().at("phase"), "done");
  }

  static Image decoded(const HttpResponse& response) { return decode_image(std::as_bytes(std::span(response.body))); }

  Studio studio_{Settings{}};
  std::optional<Routes> routes_;
  bool quit_ = false;
};

TEST_F(RoutesOf, APageServeAllItsFiles) {
  const HttpResponse page = get("/");
  EXPECT_EQ(page.type, "text/html; charset=utf-8");
  EXPECT_NE(page.body.find("<!doctype html>"), std::string::npos);
  EXPECT_EQ(get("/page.css").type, "text/css; charset=utf-8");
  EXPECT_EQ(get("/icon.svg").type, "image/svg+xml");
  EXPECT_EQ(get("/dygraph.min.js").type, "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/report.html").status, 404);
  EXPECT_EQ(get("/etc/passwd").status, 404);
  EXPECT_EQ(post("/state").status, 404);
}

TEST_F(RoutesOf, AboutHasEveryTaskWithItsOptions) {
  const Json about = Json::parse(get("/about").body);
  ASSERT_EQ(about.at("tasks").size(), tasks().size());
  EXPECT_EQ(about.at("tasks").at(0).at("options").size(), tasks().front().options.size());
  EXPECT_EQ(about.at("version"), build_info().version);
}

TEST_F(RoutesOf, PicturesComeAndGo) {
  const HttpResponse added = post("/pictures?name=a.png", png_of(ramp(64, 48)));
  EXPECT_EQ(added.status, 201);
  EXPECT_EQ(Json::parse(added.body).at("id"), "p1");
  EXPECT_THROW(static_cast<void>(post("/pictures?name=a.png", "no picture")), Error);
  const Image shown = decoded(get("/pictures/p1?size=32"));
  EXPECT_EQ(shown.width, 32);
  EXPECT_EQ(shown.height, 24);
  const HttpResponse file = get("/pictures/p1?format=tif");
  EXPECT_EQ(decoded(file).samples, ramp(64, 48).samples);
  EXPECT_EQ(file.headers.front().second, as_attachment("a.tif"));
  EXPECT_THROW(static_cast<void>(get("/pictures/p2")), Error);
  EXPECT_THROW(static_cast<void>(get("/pictures/p1?size=9999999")), Error);
  EXPECT_EQ(post("/picture", R"({"id":"p1"})").status, 204);
  EXPECT_EQ(state().at("phase"), "ready");
}

TEST_F(RoutesOf, ARunShowFramesCurveResultAndReport) {
  EXPECT_THROW(static_cast<void>(get("/curve")), Error);
  restore();
  const Json run = state().at("run");
  EXPECT_EQ(state().at("output"), "");
  const int frame = run.at("frames").at(1);
  EXPECT_EQ(decoded(get("/frames/" + std::to_string(frame))).width, 32);
  EXPECT_EQ(get("/frames/59").status, 404);
  EXPECT_THROW(static_cast<void>(get("/frames/x")), Error);
  EXPECT_EQ(Json::parse(get("/curve").body).size(), 60);
  const HttpResponse file = get("/download");
  EXPECT_EQ(file.type, "image/png");
  EXPECT_EQ(file.headers.front().second, as_attachment("a photo_restored.png"));
  EXPECT_NEAR(psnr(decoded(file), ramp(32, 24)), run.at("psnr").get<double>(), 0.01);
  EXPECT_EQ(get("/download?format=webp").type, "image/webp");
  EXPECT_THROW(static_cast<void>(get("/download?format=exe")), Error);
  const HttpResponse report = get("/report?download=1");
  EXPECT_NE(report.body.find("a photo.png"), std::string::npos);
  EXPECT_EQ(report.headers.size(), 2);
}

TEST_F(RoutesOf, AChosenFrameIsDownloaded) {
  restore();
  const int frame = state().at("run").at("frames").at(0);
  EXPECT_EQ(post("/run/use", Json{{"iteration", frame}}.dump()).status, 204);
  EXPECT_EQ(decoded(get("/download")).samples, studio_.run()->frame(frame)->samples);
  for (const char* body : {"{}", R"({"iteration":-1})", R"({"iteration":1.5})", R"({"iteration":true})",
                           R"({"iteration":1e300})", R"({"iteration":7})"}) {
    EXPECT_THROW(static_cast<void>(post("/run/use", body)), Error) << body;
  }
}

TEST_F(RoutesOf, WishesThatMakeNoSenseAreErrors) {
  for (const char* target : {"/run/pause", "/run/resume", "/run/stop", "/run/longer"}) {
    EXPECT_THROW(static_cast<void>(post(target)), Error) << target;
  }
  for (const char* body : {"", "[]", "1", "{", "{}", R"({"task":5})", R"({"task":"inpaint","picture":"p1"})"}) {
    EXPECT_THROW(static_cast<void>(post("/runs", body)), Error) << body;
  }
  EXPECT_THROW(static_cast<void>(post("/picture", R"({"id":7})")), Error);
}

TEST_F(RoutesOf, QuitEndsWhereThePageMay) {
  EXPECT_EQ(state().at("may_quit"), true);
  EXPECT_EQ(post("/quit").status, 204);
  EXPECT_TRUE(quit_);
  Routes closed(studio_, {});
  EXPECT_EQ(closed.answer({.method = "POST", .place = *parse_target("/quit"), .host = "", .cookie = ""}).status, 404);
}

TEST_F(RoutesOf, OnlyPicturesAreLarge) {
  const auto most = [](const char* method, const char* target) {
    return Routes::most_body({.method = method, .place = *parse_target(target), .host = "", .cookie = ""});
  };
  EXPECT_EQ(most("GET", "/pictures"), 0);
  EXPECT_GT(most("POST", "/pictures?name=a"), 100'000'000);
  EXPECT_LE(most("POST", "/runs"), 100'000);
}

}  // namespace
}  // namespace dipper::view
