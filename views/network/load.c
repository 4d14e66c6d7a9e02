/* The network that is shown and its forecast. */
#include <stdlib.h>

#include "state.h"

enum { MOST_NODES = 2000, MOST_CELLS = 2000000, LASSO_NODES = 60, LASSO = 2 /* among methods */ };

static const char *const methods[] = {"netdyn-law", "netdyn", "svd-lasso", "var", "ar", "persistence", NULL};

const char *network_method(size_t method) { return methods[method]; }

size_t network_rows(const struct network *s) { return s->f.horizon ? s->f.observed + s->f.horizon : s->data.points; }

void network_forget(struct network *s)
{
    orr_network_forecast_free(&s->f);
    orr_network_free(&s->data);
    orr_system_free(&s->system);
    s->error = (struct orr_error){0};
}

void network_forecast(struct network *s)
{
    struct orr_network_query q = orr_network_query_defaults();
    orr_network_forecast_free(&s->f);
    s->error = (struct orr_error){0};
    q.method = methods[s->method];
    q.observe = s->observe < s->data.points ? s->observe : 0;
    q.never_fit = true;
    q.system = s->path ? NULL : &s->system;
    if (s->method == LASSO && s->data.n > LASSO_NODES)
        orr_error_set(&s->error, ORR_EUNSUPPORTED, q.method,
                      "takes longer than a screen waits on %zu nodes: orrery forecast network", s->data.n);
    else if (s->data.n && orr_network_predict(&s->data, &q, NULL, &s->f, &s->error))
        orr_network_forecast_free(&s->f);
    s->cursor = network_rows(s);
}

void network_load(struct network *s)
{
    network_forget(s);
    enum orr_status status = s->path ? orr_network_load(s->path, NULL, &s->data, &s->error)
                                     : orr_network_draw(&s->o, &s->data, &s->system, &s->error);
    if (!status && (s->data.n > MOST_NODES || s->data.n * s->data.points > MOST_CELLS))
        status = orr_error_set(&s->error, ORR_EUNSUPPORTED, s->path,
                               "%zu nodes at %zu times: too large for the screen; "
                               "orrery forecast network takes it",
                               s->data.n, s->data.points);
    if (!status) {
        network_forecast(s);
        return;
    }
    const struct orr_error why = s->error;
    network_forget(s);
    s->error = why;
}
