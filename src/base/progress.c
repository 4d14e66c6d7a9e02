#include "base/progress.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

/* The rate forgets what is older than this many seconds, than a tenth of the time so far and than so many units: fast
 * enough to follow a change of file, slow enough that units of many seconds each leave a figure that can be read. */
static const double LEAST_SECONDS = 3.0, LEAST_SHARE = 0.1, LEAST_UNITS = 8;
enum { BAR_LEAST = 6, BAR_MOST = 30 };

static void sample(struct orr_progress_meter *m, uint64_t done, double now)
{
    const double dt = now - m->sampled, elapsed = now - m->started;
    const double units = (double)(done - m->started_done);
    if (done > m->sampled_done) {
        const double memory = fmax(fmax(LEAST_SECONDS, LEAST_SHARE * elapsed), LEAST_UNITS * elapsed / units);
        const double keep = exp(-dt / memory);
        /* rate = units / seconds, both sums with the same forgetting */
        m->recent_units = keep * m->recent_units + (double)(done - m->sampled_done);
        m->recent_seconds = keep * m->recent_seconds + dt;
        m->rate = m->recent_units / m->recent_seconds;
        m->sampled = now;
        m->sampled_done = done;
    } else if (m->rate > 0) { /* one that is late makes the rate no larger than if it came now */
        m->rate = fmin(m->rate, (m->recent_units + 1) / (m->recent_seconds + dt));
    }
}

bool orr_progress_due(struct orr_progress_meter *m, const struct orr_progress *p, double now, double interval)
{
    if (!m->running || p->done < m->sampled_done) { /* the first tick, or a new piece of work */
        *m = (struct orr_progress_meter){.started = now,
                                         .drawn = m->running ? m->drawn : now,
                                         .sampled = now,
                                         .started_done = p->done,
                                         .sampled_done = p->done,
                                         .running = true};
    }
    if (now - m->sampled >= 0.1) sample(m, p->done, now);
    if (now - m->drawn < interval) return false;
    m->drawn = now;
    return true;
}

double orr_progress_eta(const struct orr_progress_meter *m, const struct orr_progress *p)
{
    if (m->rate <= 0 || p->total == 0 || p->done > p->total) return NAN;
    return (double)(p->total - p->done) / m->rate;
}

void orr_append_amount(struct orr_str *out, double x, bool bytes)
{
    static const char *const units[] = {"", "k", "M", "G", "T", "P"};
    size_t u = 0;
    while (fabs(x) >= 999.5 && u + 1 < sizeof units / sizeof *units) x /= 1000, u++;
    orr_str_printf(out, "%.*f%s%s%s", u && fabs(x) < 99.95 ? 1 : 0, x, bytes ? " " : "", units[u], bytes ? "B" : "");
}

void orr_append_duration(struct orr_str *out, double seconds)
{
    if (!(seconds >= 0) || seconds > 1e9) {
        orr_str_append(out, "?");
        return;
    }
    const unsigned long s = (unsigned long)(seconds + 0.5);
    if (s >= 3600)
        orr_str_printf(out, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        orr_str_printf(out, "%lu:%02lu", s / 60, s % 60);
}

/* "45%  12.1 MB/s  0:12 left" */
static void append_figures(const struct orr_progress_meter *m, const struct orr_progress *p, struct orr_str *out)
{
    const char *unit = p->unit ? p->unit : "";
    const bool bytes = strcmp(unit, "bytes") == 0;
    if (p->total) {
        const double share = (double)p->done / (double)p->total;
        orr_str_printf(out, "%3.0f%%", 100 * (share > 1 ? 1 : share));
    } else {
        orr_append_amount(out, (double)p->done, bytes);
        if (!bytes) orr_str_printf(out, " %s", unit);
    }
    if (m->rate > 0 && m->rate < 1 && !bytes) {
        orr_str_printf(out, "  %.*f s each", m->rate > 0.1 ? 1 : 0, 1 / m->rate);
    } else if (m->rate > 0) {
        orr_str_append(out, "  ");
        orr_append_amount(out, m->rate, bytes);
        orr_str_printf(out, "%s%s/s", bytes || !*unit ? "" : " ", bytes ? "" : unit);
    }
    const double eta = orr_progress_eta(m, p);
    if (!isnan(eta)) {
        orr_str_append(out, "  ");
        orr_append_duration(out, eta);
        orr_str_append(out, " left");
    }
}

void orr_progress_line(const struct orr_progress_meter *m, const struct orr_progress *p, int width, struct orr_str *out)
{
    struct orr_str figures = {0}, what = {0};
    append_figures(m, p, &figures);
    orr_str_append(&what, p->what ? p->what : "working");
    orr_text_neutralise(what.data);
    if (width <= 0) {
        orr_str_printf(out, "%s  %s", what.data, orr_str_c(&figures));
    } else {
        int left = width - (int)figures.len - 2; /* for the text and the bar */
        int bar = p->total ? left / 2 : 0;
        if (bar > BAR_MOST) bar = BAR_MOST;
        if (bar < BAR_LEAST) bar = 0;
        left -= bar ? bar + 2 : 0;
        if (left > 0) {
            orr_str_append_n(out, what.data, orr_text_fit(what.data, left));
            orr_str_append(out, "  ");
        }
        if (bar) {
            const double share = p->done >= p->total ? 1 : (double)p->done / (double)p->total;
            const int full = (int)(share * (bar - 2));
            orr_str_append_char(out, '[');
            for (int i = 0; i < bar - 2; i++) orr_str_append_char(out, i < full ? '#' : '-');
            orr_str_append(out, "]  ");
        }
        orr_str_append_n(out, orr_str_c(&figures), orr_text_fit(orr_str_c(&figures), width));
    }
    orr_str_free(&figures);
    orr_str_free(&what);
}
