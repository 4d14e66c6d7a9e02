/* Errors as values: a status code to branch on and a caller-owned record that says what, where and what to do. */
#ifndef ORRERY_ERROR_H
#define ORRERY_ERROR_H

enum orr_status {
    ORR_OK = 0,
    ORR_EINVAL,       /* an argument is out of its range or contradicts another */
    ORR_EIO,          /* the operating system refused a read, write or open */
    ORR_EFORMAT,      /* a file is damaged or not of its format */
    ORR_ENOMEM,       /* data-sized memory was refused */
    ORR_ENOTFOUND,    /* no such run, series, file, column, ... */
    ORR_EBUSY,        /* locked by another process; worth a retry */
    ORR_EVERSION,     /* written by a newer Orrery */
    ORR_EFULL,        /* disk full */
    ORR_EREADONLY,    /* the store may not be written */
    ORR_ECANCELLED,   /* the caller's tick said stop */
    ORR_EUNSUPPORTED, /* understood, but this build or this data cannot do it */
};

/* Caller-owned. `where` names file, line, column or offset; `message` says what is wrong and the remedy.
 * Only meaningful after a call returned something other than ORR_OK. */
struct orr_error {
    enum orr_status code;
    char where[320];
    char message[512];
};

/* Fills *err (which may be NULL) and returns `code`, so that `return orr_error_set(...)` reads well.
 * `where` may be NULL. Control characters in both texts are replaced: they come from outside. */
enum orr_status orr_error_set(struct orr_error *err, enum orr_status code, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* "invalid argument", "input/output error", ...; never NULL. Static storage. */
const char *orr_status_name(enum orr_status code);

#endif
