/* What the Network screen holds: one network, its forecast, and where the eye is. */
#ifndef ORRERY_VIEWS_NETWORK_STATE_H
#define ORRERY_VIEWS_NETWORK_STATE_H

#include "app/network.h"
#include "tui/screen.h"

enum network_pane { PANE_TRUE, PANE_FORECAST, PANE_ERROR, PANE_GRAPH, PANES };

struct network {
    char *path;                   /* the table shown; NULL: a synthetic network */
    struct orr_network_options o; /* of the synthetic one */
    struct orr_network data;
    struct orr_system system;       /* synthetic: what it obeys */
    struct orr_network_forecast f;  /* f.n 0: none */
    struct orr_error error;         /* why there is none */
    size_t method, observe, cursor; /* cursor: rows shown, while time is stepped */
    bool playing;
    enum network_pane pane; /* shown alone where there is no room for all */
};

/* load.c: draws or reads the network anew, forecasts it. Milliseconds; large tables are refused with a message. */
void network_load(struct network *s);
void network_forecast(struct network *s);
void network_forget(struct network *s);
const char *network_method(size_t method);    /* NULL after the last */
size_t network_rows(const struct network *s); /* observed and ahead */

/* draw.c */
void network_render(const struct network *s, struct orr_canvas *c, struct orr_rect r);

#endif
