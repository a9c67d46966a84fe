// framegauge diff --device, as far as it goes without a CUDA device; tests/viewer/diff/score_on_device_test.cpp goes on.

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/viewer/commands/program.h"
#include "tests/viewer/diff/sample_frames.h"
#include "viewer/io/image.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;

class diff_device : public testing::Test {
 protected:
  diff_device() {
    for (const char* side : {"out", "gold"}) {
      fs::create_directory(folder_ / side);
      for (const char* name : {"a.png", "b.png"})
        save_png(folder_ / side / name, waves(64, 48, *side == 'o' ? 9 : 0));
    }
  }
  Outcome diff(const std::string& arguments) {
    return framegauge("diff " + (folder_ / "out").string() + " " + (folder_ / "gold").string() + " " +
                      arguments);
  }
  nlohmann::json settings(const std::string& arguments) {
    const Outcome run = diff(arguments + " --json -");
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return nlohmann::json::parse(run.out)["settings"];
  }
  static bool there_is_cuda() {
    return framegauge("doctor").out.find("CUDA\n  not available: ") == std::string::npos;
  }
  // All pairs are scored and the last file cannot be written: the journal stays.
  std::string journal_of(const std::string& options) {
    const Outcome run = diff("--json " + json_ + " --report " + (folder_ / "none/r.html").string() +
                             " --device cpu " + options);
    EXPECT_EQ(run.exit_code, 5) << run.err;
    return read_text(json_ + ".journal");
  }

  fs::path folder_ = scratch_folder();
  std::string json_ = (folder_ / "r.json").string();
};

TEST_F(diff_device, results_name_the_one_that_was_taken) {
  EXPECT_EQ(settings("--device cpu")["device"], "cpu");
  const bool cuda = there_is_cuda();
  for (const char* choice : {"", "--device auto"}) {
    const auto taken = settings(choice);
    EXPECT_EQ(taken["device"], cuda ? "cuda:0" : "cpu");
    EXPECT_EQ(taken.contains("device_name"), cuda);
  }
}

TEST_F(diff_device, one_that_is_not_there_is_an_error_with_the_reason) {
  for (const char* wanted : {"--device cuda", "--device cuda:4321"}) {
    if (there_is_cuda() && std::string(wanted) == "--device cuda") continue;
    const Outcome run = diff(wanted);
    EXPECT_EQ(run.exit_code, 5);
    EXPECT_NE(run.err.find("CUDA"), std::string::npos) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_TRUE(run.out.empty()) << run.out;
  }
}

TEST_F(diff_device, an_unknown_word_gives_exit_code_two_before_any_file_is_looked_at) {
  for (const char* word : {"tpu", "gpu", "cuda:x", "cuda:-1", "cuda:", "CPU", "''"}) {
    const Outcome run = framegauge(std::string("diff none.png none.png --device ") + word);
    EXPECT_EQ(run.exit_code, 2) << word << ": " << run.err;
    EXPECT_NE(run.err.find("expected auto, cpu, cuda or cuda:N"), std::string::npos) << run.err;
  }
}

// Devices agree within rounding, so that the pairs of one result file are of one kind of device.
TEST_F(diff_device, a_journal_is_of_the_device_that_scored_its_pairs) {
  std::string journal = journal_of("");
  const Outcome resumed = diff("--json " + json_ + " --resume --device cpu");
  EXPECT_EQ(resumed.exit_code, 0);
  EXPECT_NE(resumed.err.find("2 of 2 pairs were finished before"), std::string::npos) << resumed.err;
  const std::string device = "\"device\":\"CPU\"";
  ASSERT_NE(journal.find(device), std::string::npos) << journal;
  journal.replace(journal.find(device), device.size(), "\"device\":\"NVIDIA H100 80GB HBM3\"");
  write_text(json_ + ".journal", journal);
  const Outcome elsewhere = diff("--json " + json_ + " --resume --device cpu");
  EXPECT_EQ(elsewhere.exit_code, 2);
  EXPECT_NE(elsewhere.err.find("another device"), std::string::npos) << elsewhere.err;
}

TEST_F(diff_device, a_journal_of_integers_goes_on_anywhere) {
  const std::string journal = journal_of("--metrics vmaf-ssim");
  EXPECT_EQ(journal.find("\"device\""), std::string::npos) << journal;
}

TEST_F(diff_device, a_baseline_is_of_every_device) {
  const std::string baseline = (folder_ / "baseline.json").string();
  ASSERT_EQ(diff("--device cpu --baseline " + baseline + " --update-baseline").exit_code, 0);
  EXPECT_EQ(read_text(baseline).find("device"), std::string::npos);
  EXPECT_EQ(diff("--baseline " + baseline).exit_code, 0);
}

}  // namespace
}  // namespace fg::test
