#!/usr/bin/env python3
"""Drops files on a window as a file manager does: the source's side of XDND, version 5.

    drop_files.py WINDOW X Y FILE...      X and Y in root coordinates

Exit code 0 when the window said that it took the drop, 1 with the reason otherwise.
https://www.freedesktop.org/wiki/Specifications/XDND/
"""
import select
import sys
import time
from pathlib import Path

from Xlib import X, Xatom, display
from Xlib.protocol import event

PATIENCE_S = 60  # a window that draws on the CPU answers between two frames
VERSION = 5


class Drop:
    def __init__(self, window, paths):
        self.display = display.Display()
        self.target = self.display.create_resource_object("window", window)
        self.source = self.display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        self.uris = "".join(Path(path).absolute().as_uri() + "\r\n" for path in paths).encode()

    def atom(self, name):
        return self.display.intern_atom(name)

    def send(self, name, *words):
        data = (32, [self.source.id, *words] + [0] * (4 - len(words)))
        message = event.ClientMessage(window=self.target, client_type=self.atom(name), data=data)
        self.target.send_event(message)
        self.display.flush()

    def wait_for(self, name):
        """The words of the target's next message of that name; the file list is handed over meanwhile."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if not self.display.pending_events():
                select.select([self.display], [], [], 0.1)
                continue
            got = self.display.next_event()
            if got.type == X.SelectionRequest:
                self.hand_over(got)
            elif got.type == X.ClientMessage and got.client_type == self.atom(name):
                return got.data[1]
        sys.exit(f"the window sent no {name} within {PATIENCE_S} s")

    def hand_over(self, request):
        wanted = request.target == self.atom("text/uri-list")
        if wanted:
            request.requestor.change_property(request.property, request.target, 8, self.uris)
        request.requestor.send_event(event.SelectionNotify(
            time=request.time, requestor=request.requestor, selection=request.selection,
            target=request.target, property=request.property if wanted else X.NONE))
        self.display.flush()

    def run(self, x, y):
        aware = self.target.get_full_property(self.atom("XdndAware"), Xatom.ATOM)
        if aware is None or aware.value[0] < VERSION:
            sys.exit("the window takes no drops: no XdndAware of version 5")
        copy, uri_list = self.atom("XdndActionCopy"), self.atom("text/uri-list")
        self.source.set_selection_owner(self.atom("XdndSelection"), X.CurrentTime)
        self.send("XdndEnter", VERSION << 24, uri_list)
        self.send("XdndPosition", 0, x << 16 | y, X.CurrentTime, copy)
        if not self.wait_for("XdndStatus")[1] & 1:
            sys.exit("the window refuses the drop")
        self.send("XdndDrop", 0, X.CurrentTime)
        if not self.wait_for("XdndFinished")[1]:  # GLFW 3.3 sends the list's length, where one bit would do
            sys.exit("the window did not take the files")


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    Drop(int(sys.argv[1], 0), sys.argv[4:]).run(int(sys.argv[2]), int(sys.argv[3]))
