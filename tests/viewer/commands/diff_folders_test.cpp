// framegauge diff of folders, from the shell's side.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/viewer/commands/program.h"
#include "tests/viewer/diff/sample_frames.h"
#include "viewer/io/image.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;

// out/ and gold/ of as many pairs: pair i has noise i.
class diff_folders : public testing::Test {
 protected:
  void fill(int pairs, int width = 48, int height = 32) {
    for (const char* name : {"out", "gold"}) fs::create_directories(folder_ / name);
    for (int i = 0; i < pairs; ++i) {
      const std::string name = "view_" + std::to_string(i) + ".png";
      save_png(folder_ / "out" / name, waves(width, height, i));
      save_png(folder_ / "gold" / name, waves(width, height, 0));
    }
  }
  Outcome diff(const std::string& options) {
    return framegauge("diff " + (folder_ / "out").string() + " " + (folder_ / "gold").string() + " " +
                      options);
  }
  nlohmann::json json() const { return nlohmann::json::parse(read_text(folder_ / "r.json")); }
  std::string in_folder(const char* name) const { return (folder_ / name).string(); }

  fs::path folder_ = scratch_folder();
};

TEST_F(diff_folders, are_scored_pair_by_pair) {
  fill(12);
  const Outcome run = diff("--json " + in_folder("r.json"));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto report = json();
  EXPECT_EQ(report["schema"], "framegauge-diff-2");
  ASSERT_EQ(report["pairs"].size(), 12u);
  EXPECT_EQ(report["pairs"][0]["scores"]["ssim"], 1.0);
  EXPECT_EQ(report["pairs"][10]["name"], "view_10.png");  // by number, not by letter
  double sum = 0, worst = 1;
  for (const auto& pair : report["pairs"]) {
    const Outcome one = framegauge("diff " + pair["test"].get<std::string>() + " " +
                                   pair["reference"].get<std::string>() + " --json -");
    const double ssim = nlohmann::json::parse(one.out)["scores"]["ssim"];
    EXPECT_EQ(pair["scores"]["ssim"], ssim) << pair["name"];
    sum += ssim;
    worst = std::min(worst, ssim);
  }
  EXPECT_NEAR(report["summary"]["ssim"]["mean"].get<double>(), sum / 12, 1e-12);
  EXPECT_EQ(report["summary"]["ssim"]["worst"], worst);
  EXPECT_NE(run.out.find("12 pairs scored"), std::string::npos) << run.out;
}

// A file cannot be written into a folder that is not there, nor where a folder has its name.
TEST_F(diff_folders, what_cannot_be_written_does_not_cost_the_rest) {
  fill(3);
  const Outcome run = diff("--json " + in_folder("none/r.json") + " --csv " + in_folder("r.csv") +
                           " --inria " + in_folder("tables"));
  EXPECT_EQ(run.exit_code, 5);
  const auto journal = diff("--csv " + in_folder("r.csv") + " --report " + in_folder("none/r.html") +
                            " --inria " + in_folder("tables"));
  EXPECT_EQ(journal.exit_code, 5);
  EXPECT_NE(journal.err.find("none/r.html"), std::string::npos) << journal.err;
  EXPECT_NE(journal.out.find("3 pairs scored"), std::string::npos) << journal.out;
  EXPECT_NE(read_text(folder_ / "r.csv").find("view_2.png"), std::string::npos);
  EXPECT_TRUE(fs::exists(folder_ / "tables/per_view.json"));

  fs::create_directories(folder_ / "r.json/below");
  EXPECT_EQ(diff("--csv " + in_folder("r.csv") + " --json " + in_folder("r.json")).exit_code, 5);
  for (const auto& entry : fs::directory_iterator(folder_))
    EXPECT_EQ(entry.path().filename().string().find(".part"), std::string::npos) << entry;

  fs::create_directories(folder_ / "maps/view_1.png/below");
  const Outcome maps =
      diff("-j 1 --metrics mae --csv " + in_folder("m.csv") + " --heatmaps " + in_folder("maps"));
  EXPECT_EQ(maps.exit_code, 5);
  EXPECT_NE(maps.err.find("maps/view_1.png"), std::string::npos) << maps.err;
  EXPECT_NE(maps.out.find("1 pairs scored"), std::string::npos) << maps.out;
  fs::remove_all(folder_ / "maps/view_1.png");
  const Outcome resumed =
      diff("--metrics mae --resume --csv " + in_folder("m.csv") + " --heatmaps " + in_folder("maps"));
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_NE(resumed.err.find("1 of 3 pairs were finished before"), std::string::npos) << resumed.err;
}

TEST_F(diff_folders, no_result_is_written_over_what_is_compared) {
  fill(2);
  const std::string before = read_text(folder_ / "out/view_1.png");
  fs::create_symlink(folder_ / "out/view_1.png", folder_ / "link.json");
  fs::create_symlink(folder_ / "out", folder_ / "other_name");
  for (const char* options :
       {"--heatmaps out", "--strips gold", "--heatmaps other_name", "--csv out/view_1.png",
        "--report gold/view_0.png", "--json link.json", "--update-baseline --baseline out/view_1.png"}) {
    const std::string option = options, name = option.substr(option.rfind(' ') + 1);
    const Outcome run = diff(option.substr(0, option.size() - name.size()) + (folder_ / name).string());
    EXPECT_EQ(run.exit_code, 2) << option << run.err;
    EXPECT_NE(run.err.find("is compared, and a result would be written over it"), std::string::npos)
        << run.err;
  }
  EXPECT_EQ(read_text(folder_ / "out/view_1.png"), before);
  const Outcome two = framegauge("diff " + in_folder("out/view_1.png") + " " + in_folder("gold/view_1.png") +
                                 " --heatmap " + in_folder("out/view_1.png"));
  EXPECT_EQ(two.exit_code, 2);
  EXPECT_EQ(read_text(folder_ / "out/view_1.png"), before);
  EXPECT_EQ(diff("--heatmaps " + in_folder("out/maps")).exit_code, 0);  // beside them
}

TEST_F(diff_folders, two_results_of_one_name_are_refused_before_any_work) {
  fill(1);
  const std::string a = in_folder("a"), same = (folder_ / "out/../a").string();
  for (const std::string& options :
       {"--json " + a + " --csv " + same, "--heatmaps " + a + " --strips " + a + "/",
        "--report " + a + " --baseline " + a, "--junit " + a + " --update-baseline --baseline " + a}) {
    const Outcome run = diff(options);
    EXPECT_EQ(run.exit_code, 2) << options << run.err;
    EXPECT_NE(run.err.find("is given for two results"), std::string::npos) << run.err;
    EXPECT_FALSE(fs::exists(folder_ / "a"));
  }
}

TEST_F(diff_folders, a_picture_of_which_ignore_leaves_nothing_is_one_row_and_not_the_end) {
  fill(3);
  for (const char* name : {"out", "gold"}) save_png(folder_ / name / "small.png", waves(16, 16, 0));
  const Outcome run = diff("--metrics mae --ignore 0,0,20,20 --json " + in_folder("r.json"));
  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_EQ(json()["counts"]["scored"], 3);
  EXPECT_EQ(json()["pairs"][0]["status"], "size-mismatch");
  EXPECT_NE(json()["pairs"][0]["problem"].get<std::string>().find(
                "small.png: --mask and --ignore leave no pixel of 16x16"),
            std::string::npos)
      << json()["pairs"][0];
  const Outcome alone = framegauge("diff " + in_folder("out/small.png") + " " + in_folder("gold/small.png") +
                                   " --ignore 0,0,20,20");
  EXPECT_EQ(alone.exit_code, 2) << alone.err;
}

// A journal beside a pipe would have no meaning, nor would a file in its place.
TEST_F(diff_folders, a_pipe_and_standard_output_by_its_name_take_results) {
  fill(2);
  ASSERT_EQ(mkfifo(in_folder("pipe").c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] { read = read_text(folder_ / "pipe"); });
  const Outcome run = diff("-q --csv " + in_folder("pipe"));
  reader.join();
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(read.find("\nview_1.png,"), std::string::npos) << read;
  EXPECT_TRUE(fs::is_fifo(folder_ / "pipe"));
  EXPECT_FALSE(fs::exists(folder_ / "pipe.journal"));
  const Outcome named = diff("--csv /dev/stdout");
  EXPECT_EQ(named.exit_code, 0);
  EXPECT_EQ(named.out, diff("--csv -").out);
  EXPECT_EQ(named.out.rfind("name,test,", 0), 0u) << named.out;
}

TEST_F(diff_folders, a_reader_of_standard_output_that_stops_costs_no_file) {
  fill(120);
  const Outcome run = framegauge("diff " + in_folder("out") + " " + in_folder("gold") + " --json - --csv " +
                                 in_folder("r.csv") + " --metrics mae | true");
  const std::string csv = read_text(folder_ / "r.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 121) << run.err;
}

TEST_F(diff_folders, a_baseline_of_other_metrics_is_refused_before_any_work) {
  fill(2);
  EXPECT_EQ(diff("--baseline " + in_folder("b.json")).exit_code, 4);
  ASSERT_EQ(diff("--metrics ssim --update-baseline --baseline " + in_folder("b.json")).exit_code, 0);
  const Outcome run =
      diff("--metrics ssim --window 7 --baseline " + in_folder("b.json") + " --csv " + in_folder("r.csv"));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_NE(run.err.find("the baseline's ssim"), std::string::npos) << run.err;
  EXPECT_FALSE(fs::exists(folder_ / "r.csv.journal"));
}

TEST_F(diff_folders, of_many_pairs_that_fail_some_are_named_and_all_are_counted) {
  fill(130, 12, 12);
  for (int i = 0; i < 125; ++i) fs::resize_file(folder_ / "out" / ("view_" + std::to_string(i) + ".png"), 20);
  const Outcome table = diff("--metrics mae");
  EXPECT_EQ(table.exit_code, 4);
  EXPECT_NE(table.out.find("(5 worst of 130 pairs by mae, and 100 that were not scored; "), std::string::npos)
      << table.out;
  EXPECT_NE(table.out.find("5 pairs scored, 125 unreadable"), std::string::npos) << table.out;
  EXPECT_EQ(std::count(table.out.begin(), table.out.end(), '\n'), 1 + 5 + 100 + 1 + 4 + 1);
  const Outcome quiet = diff("-q --metrics mae");
  EXPECT_EQ(std::count(quiet.err.begin(), quiet.err.end(), '\n'), 21);
  EXPECT_NE(quiet.err.find("... and 105 more"), std::string::npos) << quiet.err;
}

TEST_F(diff_folders, names_of_several_lines_stay_one_row) {
  fill(0);
  for (const char* side : {"out", "gold"}) save_png(folder_ / side / "a\n\tb.png", waves(20, 20, 0));
  EXPECT_EQ(diff("-q --metrics mae").out, "a??b.png\t0\n");
  EXPECT_NE(diff("--metrics mae").out.find("\na??b.png  "), std::string::npos);
}

TEST_F(diff_folders, against_one_picture_come_by_number_too) {
  fill(11);
  const Outcome run = framegauge("diff -q " + in_folder("out") + " " + in_folder("gold/view_0.png"));
  EXPECT_LT(run.out.find("view_2.png"), run.out.find("view_10.png")) << run.out;
}

TEST_F(diff_folders, every_result_says_what_it_is) {
  fill(1);
  ASSERT_EQ(diff("--metrics all --window 9 --json " + in_folder("r.json")).exit_code, 0);
  const auto metrics = json()["metrics"];
  EXPECT_EQ(metrics.size(), 12u);
  for (const auto& [name, definition] : metrics.items()) {
    for (const char* key : {"variant", "data_range", "channels", "better"})
      EXPECT_TRUE(definition.contains(key)) << name;
    if (name.find("ssim") == std::string::npos) continue;
    for (const char* key : {"window", "padding"}) EXPECT_TRUE(definition.contains(key)) << name;
  }
  EXPECT_EQ(metrics["ssim"]["window"], 9);
  EXPECT_EQ(metrics["vmaf-ssim"]["window"], 9);
}

TEST_F(diff_folders, what_has_no_counterpart_is_named_and_counted) {
  fill(3);
  fs::remove(folder_ / "gold/view_1.png");
  fs::remove(folder_ / "out/view_2.png");
  const Outcome fail = diff("--json " + in_folder("r.json"));
  EXPECT_EQ(fail.exit_code, 4);
  EXPECT_NE(fail.err.find("2 without a counterpart"), std::string::npos) << fail.err;
  EXPECT_NE(fail.err.find("out/view_1.png"), std::string::npos) << fail.err;
  EXPECT_NE(fail.err.find("gold/view_2.png"), std::string::npos) << fail.err;
  EXPECT_EQ(json()["unmatched"].size(), 2u);
  EXPECT_EQ(json()["counts"]["scored"], 1);
  EXPECT_FALSE(json()["passed"].get<bool>());
  const Outcome warn = diff("--missing warn");
  EXPECT_EQ(warn.exit_code, 0);
  EXPECT_NE(warn.err.find("without a counterpart"), std::string::npos);
  const Outcome ignore = diff("--missing ignore");
  EXPECT_EQ(ignore.exit_code, 0);
  EXPECT_EQ(ignore.err, "");
}

TEST_F(diff_folders, a_damaged_file_is_one_failed_row_not_the_end) {
  fill(4);
  fs::resize_file(folder_ / "out/view_1.png", 300);
  save_png(folder_ / "out/view_2.png", waves(20, 20, 0));
  const Outcome run = diff("--json " + in_folder("r.json") + " --csv " + in_folder("r.csv") + " --junit " +
                           in_folder("r.xml"));
  EXPECT_EQ(run.exit_code, 4) << run.err;
  const auto pairs = json()["pairs"];
  EXPECT_EQ(pairs[0]["status"], "scored");
  EXPECT_EQ(pairs[1]["status"], "unreadable");
  EXPECT_NE(pairs[1]["problem"].get<std::string>().find("truncated"), std::string::npos) << pairs[1];
  EXPECT_EQ(pairs[2]["status"], "size-mismatch");
  EXPECT_EQ(pairs[3]["status"], "scored");
  const std::string csv = read_text(folder_ / "r.csv"), junit = read_text(folder_ / "r.xml");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
  EXPECT_EQ(csv.substr(0, csv.find('\n')),
            "name,test,reference,status,width,height,ssim,ssim-valid,psnr,mse,mae,max,problem");
  EXPECT_NE(junit.find("tests=\"4\" failures=\"0\" errors=\"2\""), std::string::npos) << junit;
  fs::remove(folder_ / "out/view_1.png");
  fs::remove(folder_ / "gold/view_1.png");
  EXPECT_EQ(diff("").exit_code, 3);
}

TEST_F(diff_folders, one_reference_is_held_against_many) {
  fill(3);
  const std::string gold = in_folder("gold/view_0.png");
  const Outcome files = framegauge("diff " + in_folder("out/view_0.png") + " " + in_folder("out/view_2.png") +
                                   " " + gold + " --json " + in_folder("r.json"));
  ASSERT_EQ(files.exit_code, 0) << files.err;
  EXPECT_EQ(json()["pairs"][1]["name"], "view_2.png");
  EXPECT_EQ(json()["pairs"][1]["reference"], gold);
  const Outcome folder =
      framegauge("diff " + in_folder("out") + " " + gold + " --json " + in_folder("r.json"));
  ASSERT_EQ(folder.exit_code, 0) << folder.err;
  EXPECT_EQ(json()["pairs"].size(), 3u);
  EXPECT_EQ(framegauge("diff " + in_folder("out/view_0.png") + " " + in_folder("gold")).exit_code, 2);
  EXPECT_EQ(framegauge("diff " + in_folder("out") + " " + in_folder("out/notes")).exit_code, 4);
  EXPECT_EQ(framegauge("diff " + in_folder("nowhere") + " " + in_folder("gold")).exit_code, 4);
}

TEST_F(diff_folders, limits_hold_the_mean_or_every_pair) {
  fill(10);
  EXPECT_EQ(diff("--fail-under ssim=0.95").exit_code, 0);
  EXPECT_EQ(diff("--fail-under ssim=0.95 --fail-percent 0").exit_code, 1);
  EXPECT_EQ(diff("--fail-under ssim=0.95 --fail-percent 50").exit_code, 0);
  EXPECT_EQ(diff("--fail-under ssim:min=0.95").exit_code, 1);
  EXPECT_EQ(diff("--fail-over mae:worst=0.0001").exit_code, 1);
  const Outcome warn = diff("--warn-under ssim=1 --fail-under psnr=-1");
  EXPECT_EQ(warn.exit_code, 0);
  EXPECT_NE(warn.err.find("warning: mean ssim is 0."), std::string::npos) << warn.err;
  const Outcome named =
      diff("--fail-under vmaf-ssim=1 --json " + in_folder("r.json"));  // not a default metric
  EXPECT_EQ(named.exit_code, 1);
  EXPECT_EQ(json()["thresholds"][0]["score"], "vmaf-ssim");
  EXPECT_EQ(json()["thresholds"][0]["passed"], false);
}

TEST_F(diff_folders, junit_fails_the_pairs_that_fail_the_run) {
  fill(10);
  diff("--fail-under ssim=0.95 --fail-percent 0 --junit " + in_folder("r.xml"));
  const std::string strict = read_text(folder_ / "r.xml");
  EXPECT_EQ(strict.find("failures=\"0\""), std::string::npos) << strict;
  EXPECT_NE(strict.find("<testcase classname=\"framegauge.pair\" name=\"view_9.png\">\n      <failure"),
            std::string::npos)
      << strict;
  diff("--fail-under ssim=0.95 --fail-percent 90 --junit " + in_folder("r.xml"));
  EXPECT_NE(read_text(folder_ / "r.xml").find("failures=\"0\""), std::string::npos);
}

TEST_F(diff_folders, pictures_are_of_all_pairs_or_of_failing_ones) {
  fill(4);
  const std::string folders = "--heatmaps " + in_folder("maps") + " --strips " + in_folder("strips");
  ASSERT_EQ(diff(folders).exit_code, 0);
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(fs::exists(folder_ / "maps" / ("view_" + std::to_string(i) + ".png")));
  const Image8 strip = load_image(folder_ / "strips/view_3.png");
  EXPECT_EQ(strip.width, 3 * 48);
  EXPECT_EQ(strip.height, 32);
  const Image8 test = waves(48, 32, 3), reference = waves(48, 32, 0),
               map = load_image(folder_ / "maps/view_3.png");
  for (int u = 0; u < 48 * 4; ++u) {
    EXPECT_EQ(strip.rgba[u], test.rgba[u]);
    EXPECT_EQ(strip.rgba[48 * 4 + u], reference.rgba[u]);
    EXPECT_EQ(strip.rgba[2 * 48 * 4 + u], map.rgba[u]);
  }
  fs::remove_all(folder_ / "maps");
  diff("--pictures-of failing --fail-under ssim=0.9999 --heatmaps " + in_folder("maps"));
  EXPECT_FALSE(fs::exists(folder_ / "maps/view_0.png"));
  EXPECT_TRUE(fs::exists(folder_ / "maps/view_3.png"));
  EXPECT_EQ(diff("--pictures-of failing --heatmaps " + in_folder("maps")).exit_code, 2);
}

TEST_F(diff_folders, tables_for_gaussian_splatting_scripts) {
  fill(3);
  ASSERT_EQ(diff("--inria " + in_folder("scores") + " --method ours").exit_code, 0);
  const auto results = nlohmann::json::parse(read_text(folder_ / "scores/results.json"));
  const auto views = nlohmann::json::parse(read_text(folder_ / "scores/per_view.json"));
  double sum = 0;
  for (const auto& [name, ssim] : views["ours"]["SSIM"].items()) sum += ssim.get<double>();
  EXPECT_NEAR(results["ours"]["SSIM"].get<double>(), sum / 3, 1e-12);
  EXPECT_TRUE(views["ours"]["PSNR"].contains("view_2.png"));
  ASSERT_EQ(diff("--metrics mae --inria " + in_folder("more")).exit_code,
            0);  // named after the folder, and complete
  EXPECT_EQ(nlohmann::json::parse(read_text(folder_ / "more/results.json"))["out"]["SSIM"],
            results["ours"]["SSIM"]);
}

TEST_F(diff_folders, a_baseline_finds_what_became_worse) {
  fill(3);
  const std::string baseline = "--baseline " + in_folder("b.json");
  EXPECT_EQ(diff(baseline).exit_code, 4);
  ASSERT_EQ(diff(baseline + " --update-baseline").exit_code, 0);
  const std::string first = read_text(folder_ / "b.json");
  ASSERT_EQ(diff(baseline + " --update-baseline").exit_code, 0);
  EXPECT_EQ(read_text(folder_ / "b.json"), first);
  EXPECT_EQ(diff(baseline).exit_code, 0);
  save_png(folder_ / "out/view_1.png", waves(48, 32, 9));
  const Outcome worse = diff(baseline + " --json " + in_folder("r.json"));
  EXPECT_EQ(worse.exit_code, 1);
  EXPECT_NE(worse.err.find("view_1.png: ssim is 0."), std::string::npos) << worse.err;
  EXPECT_EQ(json()["baseline"]["regressions"][0]["pair"], "view_1.png");
  EXPECT_EQ(diff(baseline + " --metrics ssim --tolerance ssim=0.9").exit_code, 0);
  EXPECT_EQ(diff("--update-baseline").exit_code, 2);
}

TEST_F(diff_folders, masks_and_crops_leave_out_what_differs) {
  fill(2);
  Image8 spoiled = waves(48, 32, 0);
  for (int v = 4; v < 10; ++v)
    for (int u = 20; u < 30; ++u) spoiled.rgba[(v * 48 + u) * 4] ^= 0xff;
  for (const int i : {0, 1}) save_png(folder_ / "out" / ("view_" + std::to_string(i) + ".png"), spoiled);
  const std::string perfect = " --fail-under ssim=1 --fail-over mae=0 --fail-over max=0";
  EXPECT_EQ(diff(perfect).exit_code, 1);
  EXPECT_EQ(diff("--ignore 20,4,10,6" + perfect).exit_code, 0);
  EXPECT_EQ(diff("--crop 0,10,48,20" + perfect).exit_code, 0);
  Image8 mask = waves(48, 32, 0);
  std::fill(mask.rgba.begin(), mask.rgba.end(), std::uint8_t{255});
  for (int v = 4; v < 10; ++v)
    for (int u = 20; u < 30; ++u) std::fill_n(mask.rgba.begin() + (v * 48 + u) * 4, 3, std::uint8_t{0});
  save_png(folder_ / "mask.png", mask);
  EXPECT_EQ(diff("--mask " + in_folder("mask.png") + perfect).exit_code, 0);
  EXPECT_EQ(diff("--mask " + in_folder("mask.png") + " --fail-under ssim-valid=1").exit_code, 2);
  EXPECT_EQ(diff("--crop 40,0,9,9").exit_code, 3);
}

TEST_F(diff_folders, results_do_not_depend_on_the_number_of_workers) {
  fill(9);
  ASSERT_EQ(diff("-j 1 --csv " + in_folder("1.csv")).exit_code, 0);
  ASSERT_EQ(diff("-j 5 --csv " + in_folder("5.csv")).exit_code, 0);
  EXPECT_EQ(read_text(folder_ / "1.csv"), read_text(folder_ / "5.csv"));
}

// The shell stops the program once the journal has two pairs.
TEST_F(diff_folders, stopped_or_killed_it_goes_on_where_it_was) {
  fill(40, 400, 300);
  ASSERT_EQ(diff("--csv " + in_folder("whole.csv")).exit_code, 0);
  const struct {
    const char* signal;
    int exit_code;
  } kinds[] = {{"INT", 130}, {"TERM", 143}, {"KILL", 137}};
  for (const auto& kind : kinds) {
    const std::string csv = in_folder(kind.signal) + ".csv", journal = csv + ".journal";
    const std::string command = std::string(FRAMEGAUGE_PROGRAM) + " diff " + in_folder("out") + " " +
                                in_folder("gold") + " --csv " + csv +
                                " >/dev/null 2>&1 & pid=$!; until [ $(wc -l <" + journal +
                                " 2>/dev/null || echo 0) -ge 3 ]; do kill -0 $pid || exit 99; done; kill -" +
                                kind.signal + " $pid; wait $pid";
    const int status = std::system(("bash -c '" + command + "' 2>/dev/null").c_str());
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), kind.exit_code) << kind.signal;
    ASSERT_TRUE(fs::exists(journal));
    if (kind.exit_code != 137) {
      const std::string partial = read_text(csv);
      EXPECT_GE(std::count(partial.begin(), partial.end(), '\n'), 3);
      EXPECT_LT(std::count(partial.begin(), partial.end(), '\n'), 41);
    }
    const Outcome other = diff("--csv " + csv + " --resume --metrics psnr");
    EXPECT_EQ(other.exit_code, 2) << other.err;
    const Outcome resumed = diff("--csv " + csv + " --resume");
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_NE(resumed.err.find("of 40 pairs were finished before"), std::string::npos) << resumed.err;
    EXPECT_EQ(read_text(csv), read_text(folder_ / "whole.csv"));
    EXPECT_FALSE(fs::exists(journal));
  }
}

TEST_F(diff_folders, odd_names_survive_in_every_output) {
  fill(1);
  const std::string name = "a, \"b\" <c> & d.png";
  for (const char* side : {"out", "gold"}) fs::copy(folder_ / side / "view_0.png", folder_ / side / name);
  ASSERT_EQ(diff("--csv " + in_folder("r.csv") + " --junit " + in_folder("r.xml") + " --json " +
                 in_folder("r.json"))
                .exit_code,
            0);
  EXPECT_NE(read_text(folder_ / "r.csv").find("\"a, \"\"b\"\" <c> & d.png\","), std::string::npos);
  EXPECT_NE(read_text(folder_ / "r.xml").find("a, &quot;b&quot; &lt;c&gt; &amp; d.png"), std::string::npos);
  EXPECT_EQ(json()["pairs"][0]["name"], name);
}

TEST_F(diff_folders, a_repeated_option_does_not_swallow_the_inputs) {
  fill(1);
  const Outcome run = framegauge("diff --fail-under ssim=0.5 --ignore 0,0,4,4 --fail-under psnr=1 " +
                                 in_folder("out") + " " + in_folder("gold"));
  EXPECT_EQ(run.exit_code, 0) << run.err;
}

TEST_F(diff_folders, a_name_that_is_no_utf_8_leaves_the_outputs_valid) {
  fill(1);
  for (const char* side : {"out", "gold"})
    fs::copy(folder_ / side / "view_0.png", folder_ / side / "caf\xe9.png");
  ASSERT_EQ(diff("--junit " + in_folder("r.xml") + " --json " + in_folder("r.json")).exit_code, 0);
  EXPECT_EQ(json()["pairs"][0]["name"], "caf\xef\xbf\xbd.png");
  EXPECT_NE(read_text(folder_ / "r.xml").find("name=\"caf\xef\xbf\xbd.png\""), std::string::npos);
}

TEST_F(diff_folders, a_name_that_xml_has_no_place_for_leaves_junit_valid) {
  fill(1);
  for (const char* side : {"out", "gold"})
    for (const char* name : {"a\xef\xbf\xbf.png", "b\xef\xbf\xbe.png"})
      fs::copy(folder_ / side / "view_0.png", folder_ / side / name);
  ASSERT_EQ(diff("--junit " + in_folder("r.xml")).exit_code, 0);
  const std::string junit = read_text(folder_ / "r.xml");
  for (const char* name : {"name=\"a\xef\xbf\xbd.png\"", "name=\"b\xef\xbf\xbd.png\""})
    EXPECT_NE(junit.find(name), std::string::npos) << junit;
}

TEST_F(diff_folders, a_name_with_control_characters_takes_one_line_and_no_colour) {
  fill(1);
  for (const char* side : {"out", "gold"})
    test::write_text(folder_ / side / "new\nline\x1b[31m.png", "no picture");
  const Outcome folders = diff("-q"), files = framegauge("diff '" + in_folder("out/new\nline\x1b[31m.png") +
                                                         "' " + in_folder("gold/view_0.png"));
  for (const Outcome& run : {folders, files}) {
    EXPECT_EQ(run.exit_code, 4);
    EXPECT_NE(run.err.find("new?line?[31m.png"), std::string::npos) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_EQ((run.err + run.out).find('\x1b'), std::string::npos);
  }
}

TEST_F(diff_folders, wrong_usage_gives_exit_code_two) {
  fill(1);
  for (const char* options :
       {"--metrics beauty", "--match 'a('", "--missing maybe", "--size 4x4", "--frames 0:3", "--crop 1,2,3",
        "--heatmap a.png", "--data-range 2", "--data-range 0 --tonemap none", "--json - --csv -", "--resume",
        "--fail-percent 101", "--fail-percent 0", "--tolerance ssim=1", "--method x", "--report-pictures 3",
        "--pictures-of failing --fail-under ssim=1", "--window 8", "--every 0"})
    EXPECT_EQ(diff(options).exit_code, 2) << options;
}

}  // namespace
}  // namespace fg::test
