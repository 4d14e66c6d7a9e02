/* Runs the real program ($ORRERY_BIN, else build/orrery) as a child and keeps what it printed. */
#ifndef ORRERY_TESTS_AID_COMMAND_H
#define ORRERY_TESTS_AID_COMMAND_H

struct aid_output {
    char *out, *err; /* terminated */
    int code;        /* exit code; 128 + signal when one ended it */
};
/* `line` is split as a shell would, without variables, and follows the program's name. store (may be NULL) is its
 * ORRERY_STORE; input (may be NULL) its standard input. TZ is UTC. Free with aid_output_free. */
struct aid_output aid_command(const char *store, const char *line, const char *input);
void aid_output_free(struct aid_output *o);

/* Runs the line and fails the test, showing everything, unless the exit code is `code`. */
struct aid_output aid_command_expect(const char *store, const char *line, int code);

const char *aid_program(void);

#endif
