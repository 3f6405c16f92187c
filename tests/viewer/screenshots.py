# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of the viewer: screenshots.py VIEWER SCHEMAS DIR OUT.

Opens the recording DIR at 60 % of its time with a breakpoint, light and dark, small and large, and
writes OUT/viewer-{light,dark}-{800x600,1600x1000}.png.
"""
import os
import sys
import time

import headless

SIZES = ((800, 600), (1600, 1000))


def picture(viewer_program, schemas, directory, path, theme, size):
    display = headless.Display(*size, compositor=True)
    try:
        viewer = headless.Viewer(
            display, viewer_program, directory, schemas=schemas, size=size,
            extra={"ADW_DEBUG_COLOR_SCHEME": f"prefer-{theme}"},
        )
        viewer.wait("open the recording", lambda: viewer.state("location"), 30)
        viewer.activate("go-to", "'60%'")
        viewer.wait("go to 60 %", lambda: viewer.state("position"), 30)
        viewer.activate("finish")
        time.sleep(0.5)
        viewer.activate("toggle-breakpoint")
        time.sleep(2)
        viewer.picture(path)
        viewer.close()
    finally:
        display.close()


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    viewer_program, schemas, directory, out = sys.argv[1:]
    absent = [name for name in headless.missing() if name != "python3-pyatspi"]
    if absent:
        sys.exit(f"screenshots.py: not installed: {', '.join(absent)}")
    os.makedirs(out, exist_ok=True)
    for theme in ("light", "dark"):
        for size in SIZES:
            path = os.path.join(out, f"viewer-{theme}-{size[0]}x{size[1]}.png")
            picture(viewer_program, schemas, directory, path, theme, size)
            print(path)


if __name__ == "__main__":
    main()
