/* The gnuplot templates of views/, compiled in by embed.awk. */
#ifndef ORRERY_PLOT_TEMPLATES_H
#define ORRERY_PLOT_TEMPLATES_H

struct orr_plot_template {
    const char *view, *text; /* "curves", the file views/curves/plot.gp */
};
extern const struct orr_plot_template orr_plot_templates[]; /* ends with view NULL */

#endif
