/* The dots of a chart: strokes go in by dot coordinates, cells come out. Private to src/tui/chart*.c. */
#ifndef ORRERY_TUI_CHART_PLANE_H
#define ORRERY_TUI_CHART_PLANE_H

#include "tui/chart.h"

struct orr_plane {
    struct orr_rect r;     /* on the canvas */
    int dx, dy;            /* dots per cell */
    int columns, rows;     /* dots */
    uint8_t *dots;         /* [h * w] bit y * dx + x */
    uint8_t *band;         /* [h * w] the same for bands, shown where no line is */
    uint8_t *owner;        /* [h * w] colour 1..8 of the line drawn last */
    uint8_t *band_owner;   /* [h * w] */
    uint8_t *marker;       /* [h * w] colour of a marker, 0 none */
    void *memory;
};

/* Dots per cell with the canvas's glyphs. */
void orr_plane_density(enum orr_glyphs glyphs, int *dx, int *dy);
void orr_plane_init(struct orr_plane *p, const struct orr_canvas *c, struct orr_rect r);
void orr_plane_free(struct orr_plane *p);

/* A straight stroke between two dots, clipped to the plane; *phase counts dots for the dash pattern. */
void orr_plane_line(struct orr_plane *p, double x0, double y0, double x1, double y1, int color,
                    enum orr_chart_dash dash, int *phase);
/* A vertical stroke in one dot column, both ends included, clipped. */
void orr_plane_stroke(struct orr_plane *p, int x, double y0, double y1, int color);
/* The dotted filling of a band in one dot column. */
void orr_plane_band(struct orr_plane *p, int x, double y0, double y1, int color);
/* A marker in the cell of a dot. Outside: nothing. */
void orr_plane_marker(struct orr_plane *p, double x, double y, int color);
/* Writes every cell that has something to show. */
void orr_plane_show(const struct orr_plane *p, struct orr_canvas *c);

#endif
