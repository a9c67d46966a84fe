#pragma once
// A session on a device of its own, under the validation layers, which must stay silent.

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "plugin/vk/error.h"
#include "viewer/app/session/session.h"

namespace fg::test {

class SessionOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    try {
      device_ = std::make_unique<vk::OwnDevice>(vk::OwnDeviceInfo{.validation = true});
    } catch (const vk::Error& error) {
      GTEST_SKIP() << error.what();
    }
    session_ = std::make_unique<Session>(*device_);
  }
  void TearDown() override {
    session_ = nullptr;
    if (!device_) return;
    EXPECT_EQ(device_->validation_messages(), std::vector<std::string>{});
  }

  const std::filesystem::path assets_ = FRAMEGAUGE_ASSETS;
  std::unique_ptr<vk::OwnDevice> device_;
  std::unique_ptr<Session> session_;
};

}  // namespace fg::test
