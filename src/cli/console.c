#include "cli/console.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"
#include "base/str.h"
#include "base/text.h"

/* A bar moves ten times a second; a log file gets a line every ten seconds. */
static const double BAR_SECONDS = 0.1, PLAIN_SECONDS = 10.0;

static volatile sig_atomic_t stop_signal;

static struct {
    struct orr_progress_meter meter;
    bool dumb, shown;
} bar; /* one per process, like the terminal it draws on */

static int out_error; /* errno of the first write to stdout that failed; stdio would forget it */

static ssize_t write_out(void *cookie, const char *bytes, size_t n)
{
    (void)cookie;
    size_t done = 0;
    while (done < n && !out_error) {
        const ssize_t k = write(STDOUT_FILENO, bytes + done, n - done);
        if (k >= 0)
            done += (size_t)k;
        else if (errno != EINTR || stop_signal) /* stopped while the reader stalls: nobody waits for the rest */
            out_error = errno == EINTR ? EPIPE : errno;
    }
    return done == n ? (ssize_t)n : 0;
}

static void on_signal(int number) { stop_signal = number; }

void orr_console_catch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND}; /* blocking calls must return */
    sigemptyset(&stop.sa_mask);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGHUP, &stop, NULL);
    sigaction(SIGUSR1, &stop, NULL); /* what batch systems send before they kill */
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
}

int orr_console_signal(void) { return stop_signal; }

static int columns_of(FILE *f)
{
    struct winsize size;
    if (ioctl(fileno(f), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

void orr_console_clear_bar(struct orr_io *io)
{
    if (!bar.shown) return;
    if (bar.dumb)
        fprintf(io->err, "\r%*s\r", columns_of(io->err) - 1, "");
    else
        fputs("\r\033[K", io->err);
    fflush(io->err);
    bar.shown = false;
}

static bool draw_progress(void *ctx, const struct orr_progress *p)
{
    struct orr_io *io = ctx;
    if (stop_signal) return false;
    if (!orr_progress_due(&bar.meter, p, orr_clock_now(), io->err_tty ? BAR_SECONDS : PLAIN_SECONDS)) return true;
    struct orr_str line = {0};
    if (io->err_tty) {
        orr_console_clear_bar(io);
        orr_progress_line(&bar.meter, p, columns_of(io->err) - 1, &line);
        bar.shown = true;
    } else {
        orr_progress_line(&bar.meter, p, 0, &line);
        orr_str_append_char(&line, '\n');
    }
    fputs(orr_str_c(&line), io->err);
    fflush(io->err);
    orr_str_free(&line);
    return true;
}

void orr_console_open(struct orr_io *io)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    bar.dumb = !term || strcmp(term, "dumb") == 0;
    FILE *out = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_out});
    if (out) setvbuf(out, NULL, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, 1 << 16);
    *io = (struct orr_io){
        .out = out ? out : stdout, .err = stderr, .out_tty = isatty(STDOUT_FILENO), .err_tty = isatty(STDERR_FILENO)};
    io->color = io->out_tty && !bar.dumb && !(no_color && *no_color);
    io->width = io->out_tty ? columns_of(stdout) : 0;
    io->ticker = (struct orr_ticker){draw_progress, io};
}

void orr_io_say(struct orr_io *io, const char *fmt, ...)
{
    struct orr_str line = {0};
    va_list ap;
    va_start(ap, fmt);
    char *text = NULL;
    if (vasprintf(&text, fmt, ap) >= 0) {
        orr_text_neutralise(text);
        orr_str_append(&line, text);
    }
    va_end(ap);
    free(text);
    orr_str_append_char(&line, '\n');
    orr_console_clear_bar(io);
    fputs(line.data, io->err);
    orr_str_free(&line);
}

int orr_console_finish(struct orr_io *io, int code)
{
    orr_console_clear_bar(io);
    const bool flushed = fflush(io->out) == 0;
    if (flushed && !ferror(io->out) && !out_error) return code;
    if (out_error == EPIPE) return code;
    fprintf(io->err, "orrery: cannot write the output: %s\n", strerror(out_error ? out_error : EIO));
    return ORR_EXIT_FAILED;
}
