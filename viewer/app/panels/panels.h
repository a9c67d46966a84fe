#pragma once
// The parts of the window. Each draws one frame of itself into the rectangle it is given, or into the current
// column.

#include "viewer/app/panels/ui.h"

namespace fg {

// Where everything is, window coordinates. Columns that a small window has no room for are empty.
struct Regions {
  Rect toolbar, cameras, picture, plots, side;
};
Regions arrange(double width, double height, double scale, const Settings& settings, bool has_cameras);

void draw_toolbar(Ui& ui, const Rect& area);  // view modes
void draw_camera_list(Ui& ui, const Rect& area);
void draw_picture(Ui& ui, const Rect& area);  // mouse, frustums, labels, legend; lays the picture out
void draw_plots(Ui& ui, const Rect& area);    // history and histogram
void draw_side(Ui& ui, const Rect& area);     // the column of the sections below
void draw_messages(Ui& ui, const Rect& picture);
void draw_help(Ui& ui);

void draw_scores(Ui& ui);
void draw_display_controls(Ui& ui);
void draw_inspector(Ui& ui);
void draw_register_controls(Ui& ui);
void toggle_registration(Ui& ui);
void undo_registration(Ui& ui);
void draw_drr_controls(Ui& ui);
void draw_system(Ui& ui);  // executor, device, navigation

// Keys: what they do, and the list that the help shows.
void handle_keys(Ui& ui);
struct KeyHelp {
  const char* keys;
  const char* what;
};
std::vector<KeyHelp> key_help();

// A window without a frame that fills an area; it scrolls unless extra_flags say otherwise.
struct Panel {
  Panel(const char* name, const Rect& area, int extra_flags = 0);
  ~Panel();
  Panel(const Panel&) = delete;
  Panel& operator=(const Panel&) = delete;
};

}  // namespace fg
