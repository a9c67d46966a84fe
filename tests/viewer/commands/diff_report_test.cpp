// The HTML report of framegauge diff: what it holds, and what it does in a real browser.

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/viewer/commands/program.h"
#include "tests/viewer/diff/sample_frames.h"
#include "viewer/io/image.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;

class diff_report : public testing::Test {
 protected:
  // Pairs of rising noise; one of them is damaged.
  void SetUp() override {
    for (const char* name : {"out", "gold"}) fs::create_directories(folder_ / name);
    for (int i = 0; i < 6; ++i) {
      const std::string name = i == 4 ? "<b>odd & \"quoted\"<!--" : "view_" + std::to_string(i);
      save_png(folder_ / "out" / (name + ".png"), waves(60, 40, 5 * i));
      save_png(folder_ / "gold" / (name + ".png"), waves(60, 40, 0));
    }
    fs::resize_file(folder_ / "out/view_1.png", 200);
  }
  std::string make(const std::string& options = "") {
    const Outcome run = framegauge("diff " + (folder_ / "out").string() + " " + (folder_ / "gold").string() +
                                   " --fail-under ssim=0.999 --report " + file().string() + " " + options);
    EXPECT_EQ(run.exit_code, 4) << run.err;
    return read_text(file());
  }
  fs::path file() const { return folder_ / "report.html"; }

  fs::path folder_ = scratch_folder();
};

nlohmann::json data_of(const std::string& page) {
  const std::string start = "<script type=\"application/json\" id=\"data\">";
  const std::size_t from = page.find(start) + start.size();
  return nlohmann::json::parse(page.substr(from, page.find("</script>", from) - from));
}

TEST_F(diff_report, has_everything_in_one_file) {
  const std::string page = make("--report-pictures 3");
  for (const char* outside : {"http://", "https://", "src=\"", "@import", "url("})
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  const auto data = data_of(page);
  EXPECT_EQ(data["passed"], false);
  EXPECT_EQ(data["pairs"].size(), 6u);
  ASSERT_EQ(data["pictures"].size(), 3u);  // of the worst
  EXPECT_TRUE(data["pictures"].contains("5"));
  int map_pixels = 0;
  for (const int n : data["pictures"]["5"]["histogram"]) map_pixels += n;
  EXPECT_EQ(map_pixels, 60 * 40);
}

TEST_F(diff_report, on_standard_output_stands_alone) {
  const std::string inputs = "diff " + (folder_ / "out").string() + " " + (folder_ / "gold").string();
  const std::string page = framegauge(inputs + " --report - --report-pictures 0").out;
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  EXPECT_TRUE(page.ends_with("</html>\n")) << page.substr(page.size() - 200);
  EXPECT_EQ(framegauge(inputs + " --report - --json -").exit_code, 2);
}

TEST_F(diff_report, a_name_cannot_break_out_of_the_data) {
  const std::string page = make();
  EXPECT_EQ(page.find("<b>odd"), std::string::npos);
  EXPECT_EQ(data_of(page)["pairs"][0]["name"], "<b>odd & \"quoted\"<!--.png");
}

// Plays a user: a script is added that presses the page's buttons and leaves what it saw in the page's title. Chromium
// prints the page as it then is.
TEST_F(diff_report, slider_blink_sorting_and_heatmap_work_in_a_browser) {
  if (std::system("command -v chromium >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "needs the program chromium (Debian package of that name)";
  std::string page = make();
  const std::string user = R"(<script>
    const seen = [];
    const first = () => document.querySelector("#pairs tbody td").textContent;
    window.onerror = (message) => seen.push("error: " + message);
    const cut = [], labels = [], fill = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
      if (this.textAlign === "right" && x < plot.left) {
        labels.push(text);
        if (x < this.measureText(text).width) cut.push(text);
      }
      fill.call(this, text, x, y);
    };
    for (const most of [99999, 100000, 8294400, 331776000, 2e9]) drawBars($("map-histogram"), [most, 1], -1, 1);
    const [c, context_width] = [context($("plot")).c, 800];
    for (const low of [-1e-5, -0.98125, -99.995, -123456, -2e9]) axis(c, context_width, 220, low, 0);
    seen.push("cut: " + cut.join(" "), labels[5]);
    labels.length = 0;
    drawBars($("map-histogram"), [6, 1], 0, 1);
    seen.push(labels.join(" "));
    data.videos = [{ scored: 2, failed: 1 }, { scored: 1, failed: 0 }, { scored: 2, failed: 0 }];
    seen.push([...videoStarts()].join(" "));
    seen.push($("verdict").textContent, $("chosen").textContent, first());
    document.querySelector("#pairs thead button").click();
    seen.push(first());
    document.querySelectorAll("#pairs thead button")[1].click();
    seen.push(first());
    const box = $("pictures").getBoundingClientRect();
    $("pictures").setPointerCapture = () => {};
    $("pictures").dispatchEvent(new PointerEvent("pointerdown", { clientX: box.left + box.width / 4, clientY: box.top + 5 }));
    seen.push($("reference").style.clipPath);
    $("heatmap-toggle").click();
    seen.push($("heatmap").style.visibility);
    $("heatmap-toggle").click();
    seen.push($("heatmap").style.visibility);
    document.querySelector("[data-mode=blink]").click();
    seen.push($("reference").style.visibility);
    setTimeout(() => seen.push($("reference").style.visibility, String($("test").naturalWidth)), 700);
    setTimeout(() => { document.title = "[" + seen.join("|") + "]"; }, 900);
  </script></body>)";
  page.replace(page.rfind("</body>"), 7, user);
  write_text(folder_ / "user.html", page);
  const std::string dom = (folder_ / "dom.html").string();
  const std::string command =
      "timeout 120 chromium --headless --no-sandbox --disable-gpu --virtual-time-budget=5000 "
      "--user-data-dir=" +
      (folder_ / "profile").string() + " --dump-dom file://" + (folder_ / "user.html").string() + " >" + dom +
      " 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const std::string after = read_text(dom);
  const std::size_t from = after.find("<title>") + 7;
  EXPECT_EQ(after.substr(from, after.find("</title>") - from),
            "[cut: |100k|8 6 4 2 0|0 3 4|FAIL|view_5.png|view_1.png|&lt;b&gt;odd &amp; "
            "\"quoted\"&lt;!--.png|view_5.png|inset(0px 0px "
            "0px 25%)|"
            "visible|hidden|visible|hidden|60]");
}

}  // namespace
}  // namespace fg::test
