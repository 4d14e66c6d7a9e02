/* The tour of detection. */
#include "app/tour.h"

static const struct orr_tour_step steps[] = {
    {"Litter, of six materials, on the ground: what a sorting machine must find. All pictures of this tour are drawn "
     "(synthetic), in styles that "
     "the networks never saw: other grounds, dyes, light. Here is what the shipped pico, with "
     "0.45 million parameters, finds in scene 4: class, confidence, and box "
     "in pixels.",
     "detect run drawn:4 --weights pico", 7},
    {"The network is YOLOv5's: each of three grids says, for each cell and three anchors (typical boxes), how likely "
     "an object is there, where "
     "exactly, and of which class. Of boxes that overlap, the most confident stays. With a lower threshold more is "
     "found, and more of it is wrong:",
     "detect run drawn:4 --weights pico --confidence 0.05", 7},
    {"Where the time goes, module by module, in one look:", "detect run drawn:4 --weights pico --times --threads 1", 7},
    {"One picture proves nothing. 40 of them, scored: a box counts when it covers at least half of what it and the "
     "object cover together (ap50); ap asks for "
     "more and more of that.",
     "detect test drawn:easy:320 --weights pico", 8},
    {"And who was taken for whom, as shares of what was really there. The last row is what was missed, the last column "
     "what was nothing:",
     "detect test drawn:easy:320 --weights pico --show matrix-shares", 8},
    {"Litter in photographs is mostly far smaller (TACO's median box is 0.35% of the picture). At 192 pixels that is a "
     "dozen pixels a side, and "
     "it does not see it well:",
     "detect test drawn:wild:320 --weights pico", 7},
    {"A network learns from pictures with boxes: yours in YOLO's or COCO's layout, or drawn ones. For a minute's taste "
     "of it, 96 small scenes, twice; a "
     "useful one takes a quarter of an hour. The run and its curves go to the store like any other.",
     "detect train drawn:easy:96 --model pico --size 96 --epochs 2 --threads 1", 7},
    {"That was the tour. `orrery eval detect` has intervals, and baselines that know nothing of shapes. In `orrery "
     "open`, `:open detect` shows pictures with boxes, and sliders for "
     "confidence and overlap.",
     NULL, 2},
    {0},
};

const struct orr_tour orr_tour_detect = {
    .name = "detect",
    .summary = "find litter in drawn pictures, and see what is missed",
    .steps = steps,
    .methods = (const char *const[]){"detect", NULL},
    .figure = "export detect drawn:easy:100 --weights pico --chart curves --out",
    .scratch = true,
};
