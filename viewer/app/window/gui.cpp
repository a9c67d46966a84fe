#include "viewer/app/window/gui.h"

#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_vulkan.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "viewer/app/window/imgui_vulkan_symbols.h"

namespace fg {
namespace {

void check_imgui(VkResult result) { vk::check(result, "drawing the panels"); }

ImVec4 grey(float level, float alpha = 1) { return {level, level * 1.03f, level * 1.08f, alpha}; }

void set_style(float scale) {
  ImGuiStyle& style = ImGui::GetStyle();
  ImGui::StyleColorsDark(&style);
  style.WindowRounding = style.ChildRounding = 0;
  style.FrameRounding = style.GrabRounding = style.PopupRounding = 3;
  style.ScrollbarRounding = 3;
  style.WindowBorderSize = 1;
  style.FrameBorderSize = 0;
  style.WindowPadding = {10, 8};
  style.FramePadding = {7, 3};
  style.ItemSpacing = {7, 5};
  style.ItemInnerSpacing = {6, 4};
  style.ScrollbarSize = 11;
  style.GrabMinSize = 8;
  style.ScaleAllSizes(scale);

  ImVec4* c = style.Colors;
  const ImVec4 accent(0.33f, 0.56f, 0.80f, 1), accent_dim(0.24f, 0.40f, 0.58f, 1),
      accent_faint(0.21f, 0.31f, 0.43f, 1);
  c[ImGuiCol_Text] = grey(0.87f);
  c[ImGuiCol_TextDisabled] = grey(0.55f);
  c[ImGuiCol_WindowBg] = grey(0.105f);
  c[ImGuiCol_ChildBg] = grey(0.105f, 0);
  c[ImGuiCol_PopupBg] = grey(0.13f, 0.98f);
  c[ImGuiCol_Border] = grey(0.19f);
  c[ImGuiCol_FrameBg] = grey(0.17f);
  c[ImGuiCol_FrameBgHovered] = grey(0.22f);
  c[ImGuiCol_FrameBgActive] = grey(0.25f);
  c[ImGuiCol_TitleBg] = c[ImGuiCol_TitleBgActive] = grey(0.14f);
  c[ImGuiCol_ScrollbarBg] = grey(0.105f);
  c[ImGuiCol_ScrollbarGrab] = grey(0.27f);
  c[ImGuiCol_Button] = grey(0.19f);
  c[ImGuiCol_ButtonHovered] = grey(0.25f);
  c[ImGuiCol_ButtonActive] = accent_dim;
  c[ImGuiCol_Header] = accent_faint;
  c[ImGuiCol_HeaderHovered] = grey(0.22f);
  c[ImGuiCol_HeaderActive] = accent_dim;
  c[ImGuiCol_CheckMark] = accent;
  c[ImGuiCol_SliderGrab] = {accent.x, accent.y, accent.z, 0.5f};  // the number on top of it stays readable
  c[ImGuiCol_SliderGrabActive] = accent;
  c[ImGuiCol_Separator] = grey(0.2f);
}

vk::UniqueDescriptorPool make_pool(const vk::Device& device) {
  const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 4};
  const VkDescriptorPoolCreateInfo info{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                        .flags = VK_DESCRIPTOR_POOL_CREATE_FREE_DESCRIPTOR_SET_BIT,
                                        .maxSets = 4,
                                        .poolSizeCount = 1,
                                        .pPoolSizes = &size};
  VkDescriptorPool pool;
  vk::check(device.CreateDescriptorPool(device.handle, &info, nullptr, &pool),
            "creating the panels' descriptor pool");
  return {device, pool};
}

}  // namespace

Gui::Gui(const vk::OwnDevice& device, GLFWwindow* window, const Swapchain& swapchain, float scale)
    : device_(device), scale_(scale), pool_(make_pool(device)) {
  load_imgui_vulkan(device.GetInstanceProcAddr, device.instance);
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;  // we keep settings ourselves; panels do not move
  io.ConfigWindowsMoveFromTitleBarOnly = true;
  set_style(scale);
  ImGui_ImplGlfw_InitForVulkan(window, true);
  ImGui_ImplVulkan_InitInfo info{};
  info.Instance = device.instance;
  info.PhysicalDevice = device.physical;
  info.Device = device.handle;
  info.QueueFamily = device.queue_family;
  info.Queue = device.queue;
  info.DescriptorPool = pool_.get();
  info.MinImageCount = 2;
  info.ImageCount =
      std::max(swapchain.image_count(), Swapchain::kSlots + 1);  // how many vertex buffers it rotates
  info.MSAASamples = VK_SAMPLE_COUNT_1_BIT;
  info.CheckVkResultFn = check_imgui;
  ImGui_ImplVulkan_Init(&info, swapchain.render_pass());
  load_fonts(device);
}

Gui::~Gui() {
  device_.DeviceWaitIdle(device_.handle);
  ImGui_ImplVulkan_Shutdown();
  ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
}

void Gui::load_fonts(const vk::OwnDevice& device) {
  // Debian, Fedora and Arch keep it in different places.
  constexpr const char* kFonts[] = {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
                                    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
                                    "/usr/share/fonts/TTF/DejaVuSans.ttf"};
  static constexpr ImWchar kRanges[] = {0x20, 0xFF, 0x2010, 0x2027, 0x2190, 0x2193, 0x2212, 0x2212, 0};
  ImGuiIO& io = ImGui::GetIO();
  ImFont* font = nullptr;
  for (const char* file : kFonts) {
    std::error_code error;
    if (font || !std::filesystem::exists(file, error)) continue;
    font = io.Fonts->AddFontFromFileTTF(file, std::round(14.5f * scale_), nullptr, kRanges);
    large_ = io.Fonts->AddFontFromFileTTF(file, std::round(25.0f * scale_), nullptr, kRanges);
  }
  if (!font) {  // built in: a bitmap, so only whole enlargements stay sharp
    io.Fonts->AddFontDefault();
    io.FontGlobalScale = std::max(1.0f, std::round(scale_));
  }
  vk::run_and_wait(device, [](VkCommandBuffer cmd) { ImGui_ImplVulkan_CreateFontsTexture(cmd); });
  ImGui_ImplVulkan_DestroyFontUploadObjects();
}

void Gui::begin_frame() {
  ImGui_ImplVulkan_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
}

void Gui::end_frame() { ImGui::Render(); }

void Gui::draw(VkCommandBuffer cmd) { ImGui_ImplVulkan_RenderDrawData(ImGui::GetDrawData(), cmd); }

}  // namespace fg
