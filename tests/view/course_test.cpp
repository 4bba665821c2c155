// SPDX-License-Identifier: Apache-2.0
#include "view/course.hpp"

#include <gtest/gtest.h>

#include "view/pictures.hpp"

namespace dipper::view {
namespace {

TEST(Courses, HoldIterationsInOrderAndPsnrWhereThereIsAPicture) {
  const Image picture(8, 6, 3);
  Course course;
  Progress plan = test::after(1);
  plan.iteration = 0;
  EXPECT_FALSE(course.follow(plan));
  Progress stage = test::after(1);
  stage.stage = "bm3d";
  EXPECT_FALSE(course.follow(stage));
  for (int i = 1; i <= 6; ++i) {
    Progress progress = test::after(i, i % 3 == 0 ? &picture : nullptr);
    progress.psnr = 20 + i;
    progress.raw_psnr = 10 + i;
    progress.expected = Expectation{30.0 + i, 1};
    EXPECT_TRUE(course.follow(progress));
  }
  const auto points = course.points();
  ASSERT_EQ(points.size(), 6);
  for (int i = 1; i <= 6; ++i) {
    const Course::Point& point = points[static_cast<std::size_t>(i - 1)];
    EXPECT_EQ(point.iteration, i);
    EXPECT_EQ(point.loss, 1.0 / i);
    EXPECT_EQ(point.psnr.has_value(), i % 3 == 0);
    if (point.psnr) {
      EXPECT_EQ(*point.psnr, 20 + i);
      EXPECT_EQ(*point.expected, 30 + i);
    }
  }
}

TEST(Courses, OfTheRawOutputHaveItsPsnr) {
  const Image picture(8, 6, 3);
  Course course(true);
  Progress progress = test::after(1, &picture);
  progress.psnr = 30;
  progress.raw_psnr = 20;
  course.follow(progress);
  EXPECT_EQ(course.points().front().psnr, 20);
}

TEST(Courses, EndWithWhatCameOfIt) {
  Course course;
  for (int i = 1; i <= 5; ++i) course.follow(test::after(i));
  Restoration restoration;
  restoration.psnr = 33;
  restoration.expected = Expectation{34, 1};
  course.finish(restoration);
  const auto points = course.points();
  ASSERT_EQ(points.size(), 5);
  EXPECT_EQ(points.back().psnr, 33);
  EXPECT_EQ(points.back().expected, 34);
  EXPECT_EQ(points[3].psnr, std::nullopt);
}

TEST(Courses, OfManyIterationsAreThinnedEvenly) {
  Course course;
  for (int i = 1; i <= 100'000; ++i) course.follow(test::after(i));
  const auto points = course.points();
  EXPECT_LE(points.size(), 2000);
  EXPECT_GE(points.size(), 1000);
  EXPECT_EQ(points.back().iteration, 100'000);
  const int gap = points[1].iteration - points[0].iteration;
  for (std::size_t i = 1; i + 1 < points.size(); ++i) EXPECT_EQ(points[i].iteration - points[i - 1].iteration, gap);
}

}  // namespace
}  // namespace dipper::view
