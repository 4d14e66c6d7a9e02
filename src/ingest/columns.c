#include "ingest/columns.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

/* No "steps" or "epochs": in tables with a row per run they say how long it was. */
static const char *const step_names[] = {
    "step", "global_step", "_step", "trainer/global_step", "global step", "iteration", "iter", "iterations",
    "it", "n_iter", "num_iter", "update", "updates", "n_updates", "timestep", "timesteps", "total_timesteps",
    "num_timesteps", "time/total_timesteps", "total_steps_done", "env_step", "env_steps", "train_step", "train/step",
    "train/global_step", "training_step", "round", "generation", "episode", "epoch", "epoch_num", NULL};
static const char *const run_names[] = {"run",        "run_id",  "run_name", "run_uuid",     "runid",  "record",
                                        "experiment", "exp",     "exp_name", "experiment_id", "experiment_name",
                                        "trial",      "trial_id", "trial_number", "seed",    NULL};
static const char *const time_names[] = {"wall_time", "wall time", "walltime",   "timestamp", "_timestamp", "time_stamp",
                                         "time",      "datetime",  "created_at", "date",      "ts",         "time_ms", NULL};

static int position(const char *const *names, const char *name, size_t n)
{
    for (int i = 0; names[i]; i++)
        if (strlen(names[i]) == n && strncasecmp(names[i], name, n) == 0) return i + 1;
    return 0;
}

int orr_column_step_rank(const char *name, size_t n) { return n && n < 32 ? position(step_names, name, n) : 0; }
bool orr_column_is_run(const char *name, size_t n) { return n && n < 32 && position(run_names, name, n) > 0; }
bool orr_column_is_time(const char *name, size_t n) { return n && n < 32 && position(time_names, name, n) > 0; }

bool orr_column_step(const char *s, size_t n, int64_t *step)
{
    if (orr_parse_int64(s, n, step)) return true;
    double x;
    if (!orr_parse_double(s, n, &x) || !(fabs(x) <= 0x1p53) || x != floor(x)) return false;
    *step = (int64_t)x;
    return true;
}

double orr_epoch_seconds(double x)
{
    for (double unit = 1; unit <= 1e9; unit *= 1e3)
        if (x >= 1e9 * unit && x < 5e9 * unit) return x / unit;
    return NAN;
}

int64_t orr_days_from_civil(int year, int month, int day)
{
    const int64_t y = year - (month <= 2);
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t yoe = y - era * 400;                                              /* [0, 399] */
    const int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;   /* [0, 365] */
    const int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;                      /* [0, 146096] */
    return era * 146097 + doe - 719468;
}

/* Exactly `digits` digits at s[*at..n); advances. */
static bool take(const char *s, size_t n, size_t *at, int digits, int *out)
{
    *out = 0;
    for (int i = 0; i < digits; i++, ++*at) {
        if (*at >= n || s[*at] < '0' || s[*at] > '9') return false;
        *out = *out * 10 + (s[*at] - '0');
    }
    return true;
}

static bool take_char(const char *s, size_t n, size_t *at, const char *any)
{
    if (*at >= n || !s[*at] || !strchr(any, s[*at])) return false;
    ++*at;
    return true;
}

/* "Z", "+02:00", "+0200" or nothing. */
static bool take_zone(const char *s, size_t n, size_t *at, double *offset)
{
    int h, m = 0;
    *offset = 0;
    if (*at == n || take_char(s, n, at, "Zz")) return true;
    const double sign = s[*at] == '-' ? -1 : 1;
    if (!take_char(s, n, at, "+-") || !take(s, n, at, 2, &h)) return false;
    take_char(s, n, at, ":");
    if (*at < n && !take(s, n, at, 2, &m)) return false;
    *offset = sign * (h * 3600 + m * 60);
    return true;
}

bool orr_parse_iso_time(const char *s, size_t n, double *seconds)
{
    size_t at = 0;
    int year, month, day = 1, h = 0, m = 0, sec = 0;
    double fraction = 0, zone = 0;
    if (!take(s, n, &at, 4, &year) || !take_char(s, n, &at, "-") || !take(s, n, &at, 2, &month)) return false;
    if (at < n && (!take_char(s, n, &at, "-") || !take(s, n, &at, 2, &day))) return false;
    if (at < n) {
        if (!take_char(s, n, &at, "T ") || !take(s, n, &at, 2, &h) || !take_char(s, n, &at, ":") ||
            !take(s, n, &at, 2, &m))
            return false;
        if (take_char(s, n, &at, ":")) {
            if (!take(s, n, &at, 2, &sec)) return false;
            if (take_char(s, n, &at, ".,"))
                for (double unit = 0.1; at < n && s[at] >= '0' && s[at] <= '9'; at++, unit /= 10)
                    fraction += unit * (s[at] - '0');
        }
        if (!take_zone(s, n, &at, &zone)) return false;
    }
    if (at != n || month < 1 || month > 12 || day < 1 || day > 31 || h > 24 || m > 59 || sec > 60) return false;
    *seconds = (double)orr_days_from_civil(year, month, day) * 86400 + h * 3600 + m * 60 + sec + fraction - zone;
    return true;
}
