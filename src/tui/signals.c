#include "tui/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int caught[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP};
static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { N_CAUGHT = sizeof caught / sizeof *caught, N_FATAL = sizeof fatal / sizeof *fatal, STACK_BYTES = 64 * 1024 };

static struct sigaction caught_before[N_CAUGHT], fatal_before[N_FATAL], pipe_before;
static int wake[2] = {-1, -1};
static void (*on_crash)(void);
static char crash_stack[STACK_BYTES]; /* a stack overflow leaves no other */

static void note(int signal_number)
{
    const int saved = errno;
    const unsigned char byte = (unsigned char)signal_number;
    if (write(wake[1], &byte, 1) < 0) errno = 0; /* full: enough wake-ups are waiting */
    errno = saved;
}

/* SA_RESETHAND has put the default action back: the raised signal ends the process, with its core and exit status. */
static void die(int signal_number)
{
    if (on_crash) on_crash();
    raise(signal_number);
}

bool orr_signals_catch(void (*crash)(void))
{
    struct sigaction a = {.sa_handler = note, .sa_flags = SA_RESTART};
    struct sigaction f = {.sa_handler = die, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK)};
    const stack_t stack = {.ss_sp = crash_stack, .ss_size = sizeof crash_stack};
    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    on_crash = crash;
    sigaltstack(&stack, NULL);
    sigfillset(&a.sa_mask);
    sigemptyset(&f.sa_mask);
    for (int i = 0; i < N_CAUGHT; i++) sigaction(caught[i], &a, &caught_before[i]);
    for (int i = 0; i < N_FATAL; i++) sigaction(fatal[i], &f, &fatal_before[i]);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, &pipe_before);
    return true;
}

void orr_signals_release(void)
{
    for (int i = 0; i < N_CAUGHT; i++) sigaction(caught[i], &caught_before[i], NULL);
    for (int i = 0; i < N_FATAL; i++) sigaction(fatal[i], &fatal_before[i], NULL);
    sigaction(SIGPIPE, &pipe_before, NULL);
    close(wake[0]);
    close(wake[1]);
    wake[0] = wake[1] = -1;
}

int orr_signals_fd(void) { return wake[0]; }

int orr_signals_next(void)
{
    unsigned char byte;
    return read(wake[0], &byte, 1) == 1 ? byte : 0;
}

void orr_signals_stop_self(void)
{
    struct sigaction ours;
    sigaction(SIGTSTP, &(struct sigaction){.sa_handler = SIG_DFL}, &ours);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
}
