/* gnuplot as a child process: a template of views/, variables and data go in through a pipe, a picture comes out.
 *
 * Nothing from outside is ever part of a command: texts become escaped string variables, numbers become number
 * variables or data blocks, the picture is read from a pipe and written by us. Enhanced text is off. */
#ifndef ORRERY_PLOT_PLOT_H
#define ORRERY_PLOT_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include <orrery/error.h>
#include <orrery/progress.h>

#include "base/str.h"

enum orr_plot_format { ORR_PLOT_PNG, ORR_PLOT_SVG, ORR_PLOT_PDF, ORR_PLOT_DUMB /* text, ANSI colours */, ORR_PLOT_SIXEL };

/* A variable of the template. texts != NULL: an array of n strings; text != NULL: a string; else a number. */
struct orr_plot_variable {
    const char *name; /* a C identifier */
    double number;
    const char *text;
    const char *const *texts;
    size_t n;
};
/* The data block $NAME: rows x columns, row-major; NaN is a gap, a row of NaN only parts data sets ("index"). */
struct orr_plot_data {
    const char *name;
    size_t rows, columns;
    const double *values;
};
struct orr_plot {
    const char *view; /* template: $XDG_CONFIG_HOME/orrery/plots/VIEW.gp, else the built-in views/VIEW/plot.gp */
    enum orr_plot_format format;
    int width, height; /* pixels, or characters for DUMB; 0: 1200 x 700, or 100 x 30 */
    const struct orr_plot_variable *variables;
    size_t n_variables;
    const struct orr_plot_data *data;
    size_t n_data;
    bool mono;      /* DUMB: no ANSI colours */
    int timeout_ms; /* 0: 60 s */
};

/* Besides the variables given, a template finds `width`, `height` and `kind` ("png", "svg", "pdf", "dumb", "sixel"); the
 * terminal is set already.
 *
 * Draws into memory. Errors: ENOTFOUND (no gnuplot, no such template), EUNSUPPORTED (this gnuplot has no such
 * terminal), EFORMAT (gnuplot complained: its words are in err), EIO (it died or hung), ECANCELLED. */
enum orr_status orr_plot_render(const struct orr_plot *p, const struct orr_ticker *ticker, struct orr_str *out,
                                struct orr_error *err);
/* Draws into a file, written beside it and renamed when complete. */
enum orr_status orr_plot_write(const struct orr_plot *p, const char *path, const struct orr_ticker *ticker,
                               struct orr_error *err);

/* What is installed; asked once per process. The texts are static. Thread-safe. */
struct orr_plot_support {
    bool found;
    char version[64];   /* "gnuplot 5.4 patchlevel 4" */
    bool png, pngcairo, svg, pdf, dumb, sixel;
};
const struct orr_plot_support *orr_plot_probe(void);

/* Appends text as a gnuplot string constant. */
void orr_plot_quote(struct orr_str *s, const char *text);

#endif
