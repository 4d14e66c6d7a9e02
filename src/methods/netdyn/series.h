/* States of the nodes of a network over time. */
#ifndef ORRERY_METHODS_NETDYN_SERIES_H
#define ORRERY_METHODS_NETDYN_SERIES_H

#include <stddef.h>

#include <orrery/error.h>

/* Equally spaced times. */
struct orr_nodes {
    size_t n, points;
    double t0, step; /* time of the first point, distance of two */
    double *x;       /* (points, n): one time's states lie together; finite */
};
enum orr_status orr_nodes_alloc(struct orr_nodes *s, size_t n, size_t points, struct orr_error *err);
void orr_nodes_free(struct orr_nodes *s); /* NULL-safe; zeroes */

#endif
