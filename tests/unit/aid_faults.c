#include "aid_faults.h"

#include <sqlite3.h>
#include <string.h>

struct file {
    sqlite3_file base;
    sqlite3_file *real; /* right behind this */
};

static sqlite3_vfs vfs, *real_vfs;
static int countdown, failure;
static bool stays, met;

static sqlite3_file *real(sqlite3_file *f) { return ((struct file *)f)->real; }

void aid_faults_arm(int nth, int rc, bool for_good)
{
    countdown = nth;
    failure = rc;
    stays = for_good;
    met = false;
}

bool aid_faults_met(void) { return met; }

static int fault(void)
{
    if (met) return stays ? failure : SQLITE_OK;
    if (countdown == 0 || --countdown > 0) return SQLITE_OK;
    met = true;
    return failure;
}

static int f_close(sqlite3_file *f) { return real(f)->pMethods->xClose(real(f)); }
static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return real(f)->pMethods->xRead(real(f), p, n, at);
}
static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    const int rc = fault();
    return rc != SQLITE_OK ? rc : real(f)->pMethods->xWrite(real(f), p, n, at);
}
static int f_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    const int rc = fault();
    return rc != SQLITE_OK ? rc : real(f)->pMethods->xTruncate(real(f), n);
}
static int f_sync(sqlite3_file *f, int flags) /* slow, and of no use without a power cut */
{
    (void)f, (void)flags;
    return fault();
}
static int f_size(sqlite3_file *f, sqlite3_int64 *n) { return real(f)->pMethods->xFileSize(real(f), n); }
static int f_lock(sqlite3_file *f, int how) { return real(f)->pMethods->xLock(real(f), how); }
static int f_unlock(sqlite3_file *f, int how) { return real(f)->pMethods->xUnlock(real(f), how); }
static int f_reserved(sqlite3_file *f, int *out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
static int f_control(sqlite3_file *f, int op, void *p) { return real(f)->pMethods->xFileControl(real(f), op, p); }
static int f_sector(sqlite3_file *f) { return real(f)->pMethods->xSectorSize(real(f)); }
static int f_traits(sqlite3_file *f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, p);
}
static int f_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return real(f)->pMethods->xShmLock(real(f), at, n, flags);
}
static void f_shm_barrier(sqlite3_file *f) { real(f)->pMethods->xShmBarrier(real(f)); }
static int f_shm_unmap(sqlite3_file *f, int drop) { return real(f)->pMethods->xShmUnmap(real(f), drop); }

static const sqlite3_io_methods methods = {
    2,         f_close,  f_read,   f_write,   f_truncate, f_sync,        f_size,      f_lock, f_unlock, f_reserved,
    f_control, f_sector, f_traits, f_shm_map, f_shm_lock, f_shm_barrier, f_shm_unmap, NULL,   NULL,
};

static int open_file(sqlite3_vfs *unused, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
    (void)unused;
    struct file *x = (struct file *)f;
    x->real = (sqlite3_file *)(x + 1);
    memset(x->real, 0, (size_t)real_vfs->szOsFile);
    const int rc = real_vfs->xOpen(real_vfs, name, x->real, flags, out_flags);
    x->base.pMethods = x->real->pMethods ? &methods : NULL;
    return rc;
}

void aid_faults_install(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = "faults";
    vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
    vfs.xOpen = open_file;
    aid_faults_arm(0, 0, false);
    sqlite3_vfs_register(&vfs, 1);
}

void aid_faults_remove(void) { sqlite3_vfs_unregister(&vfs); }
