#include <orrery/error.h>

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

enum orr_status orr_error_set(struct orr_error *err, enum orr_status code, const char *where, const char *fmt, ...)
{
    if (!err) return code;
    err->code = code;
    snprintf(err->where, sizeof err->where, "%s", where ? where : "");
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->message, sizeof err->message, fmt, ap);
    va_end(ap);
    orr_text_neutralise(err->where);
    orr_text_neutralise(err->message);
    return code;
}

const char *orr_status_name(enum orr_status code)
{
    switch (code) {
    case ORR_OK: return "ok";
    case ORR_EINVAL: return "invalid argument";
    case ORR_EIO: return "input/output error";
    case ORR_EFORMAT: return "damaged or unknown format";
    case ORR_ENOMEM: return "out of memory";
    case ORR_ENOTFOUND: return "not found";
    case ORR_EBUSY: return "busy";
    case ORR_EVERSION: return "newer version";
    case ORR_EFULL: return "disk full";
    case ORR_EREADONLY: return "read-only";
    case ORR_ECANCELLED: return "cancelled";
    case ORR_EUNSUPPORTED: return "not supported";
    }
    return "unknown status";
}
