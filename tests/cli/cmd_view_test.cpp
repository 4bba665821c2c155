// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <csignal>

#include "cli/page_client.hpp"
#include "cli/program.hpp"

namespace dipper {
namespace {

using test::PageClient;
using test::Program;

class ViewCommand : public test::ProgramTest {
 protected:
  // The line that the program begins with.
  static std::string url_of(const Program& program) {
    for (int wait = 0; wait < 4000 && program.out().find('\n') == std::string::npos; ++wait) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const std::string out = program.out();
    return out.substr(0, out.find('\n'));
  }
};

TEST_F(ViewCommand, ServesThePictureThatIsNamedUntilThePageEndsIt) {
  make_picture("in.png", 20, 10);
  Program program(folder_, {"view", "in.png", "--no-open"});
  const std::string url = url_of(program);
  ASSERT_EQ(url.substr(0, 17), "http://127.0.0.1:") << program.err();
  const PageClient page(url);
  ASSERT_TRUE(page.wait_for("ready"));
  EXPECT_EQ(page.state().at("picture").at("width"), 20);
  page.post("/quit");
  EXPECT_EQ(program.wait().code, 0);
}

TEST_F(ViewCommand, EndsWithASignal) {
  for (const int number : {SIGINT, SIGTERM}) {
    Program program(folder_, {"view", "--no-open"});
    ASSERT_FALSE(url_of(program).empty());
    program.signal(number);
    EXPECT_EQ(program.wait().code, 0);
  }
}

TEST_F(ViewCommand, SaysWhatItCannotDo) {
  EXPECT_EQ(run({"view", "none.png", "--no-open"}).code, 2);
  EXPECT_EQ(run({"view", "--port", "70000"}).code, 2);
  const test::Outcome nowhere = run({"view", "--listen", "here", "--no-open"});
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_NE(nowhere.err.find("\"here\" is no address"), std::string::npos) << nowhere.err;
}

}  // namespace
}  // namespace dipper
