/* Opening: whose file it is, whether it is whole and not too new; then the journal that its file system allows. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "store/db.h"

enum {
    HEADER_BYTES = 100,
    AT_USER_VERSION = 60,
    AT_APPLICATION_ID = 68,
    PAGE_BYTES = 8192,    /* a full chunk of float32 values takes two pages */
    OPEN_PATIENCE = 1000, /* ms: a face should not seem dead */
    PATIENCE = 5000,
};

/* Magic numbers of network and user-space file systems (statfs(2)): no shared memory for a WAL there. */
static const unsigned long network_file_systems[] = {
    0x6969,     /* NFS */
    0x517B,     /* SMB */
    0xFF534D42, /* CIFS */
    0xFE534D42, /* SMB2 */
    0x65735546, /* FUSE: sshfs and the like */
    0x01021997, /* 9p */
    0x5346414F, /* AFS */
    0x73757245, /* Coda */
    0x00C36400, /* Ceph */
    0x0BD00BD0, /* Lustre */
    0x47504653, /* GPFS */
    0x19830326, /* BeeGFS */
    0x7461636F, /* OCFS2 */
    0x01161970, /* GFS2 */
};

static bool on_network(const char *path)
{
    struct statfs fs;
    if (statfs(path, &fs) != 0) {
        char *folder = orr_xstrdup(path);
        char *slash = strrchr(folder, '/');
        if (slash) slash[slash == folder] = '\0';
        const int rc = statfs(slash ? folder : ".", &fs);
        free(folder);
        if (rc != 0) return false;
    }
    for (size_t i = 0; i < sizeof network_file_systems / sizeof *network_file_systems; i++) {
        if (((unsigned long)fs.f_type & 0xFFFFFFFFul) == network_file_systems[i]) return true;
    }
    return false;
}

static bool make_parents(const char *path)
{
    char *folder = orr_xstrdup(path);
    bool ok = true;
    for (char *p = folder + 1; *p && ok; p++) {
        if (*p != '/') continue;
        *p = '\0';
        ok = mkdir(folder, 0777) == 0 || errno == EEXIST || errno == EISDIR;
        *p = '/';
    }
    free(folder);
    return ok;
}

/* What can be told without opening the file. Only stat: closing a descriptor of our own would drop the locks that
 * SQLite holds on the same file for another thread (fcntl(2)). */
static enum orr_status look(const char *path, enum orr_store_mode mode, bool *exists, struct orr_error *err)
{
    struct stat st;
    *exists = stat(path, &st) == 0;
    if (*exists) {
        if (S_ISDIR(st.st_mode)) return orr_error_set(err, ORR_EFORMAT, path, "is a folder; name the store's file");
        if (!S_ISREG(st.st_mode)) return orr_error_set(err, ORR_EFORMAT, path, "is not a regular file");
        return ORR_OK;
    }
    if (errno != ENOENT && errno != ENOTDIR) return orr_error_set(err, ORR_EIO, path, "%s", strerror(errno));
    if (mode != ORR_STORE_CREATE) {
        return orr_error_set(err, ORR_ENOTFOUND, path, "no store here; `orrery import FOLDER` creates one");
    }
    if (!make_parents(path)) {
        return orr_error_set(err, ORR_EIO, path, "its folder cannot be created: %s", strerror(errno));
    }
    return ORR_OK;
}

static uint32_t big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static enum orr_status judge_version(const struct orr_store *s, int64_t application, int64_t version,
                                     struct orr_error *err)
{
    if (application != ORR_DB_APPLICATION_ID) {
        return orr_error_set(err, ORR_EFORMAT, s->path,
                             "is another program's SQLite database (application_id %lld); name another file",
                             (long long)application);
    }
    if (version > orr_schema_version()) {
        return orr_error_set(err, ORR_EVERSION, s->path,
                             "was written by a newer Orrery (version %lld, this one knows %lld); update Orrery",
                             (long long)version, (long long)orr_schema_version());
    }
    return ORR_OK;
}

/* Reads the header through SQLite's file handle, before SQLite itself reads anything: a file that is not ours is not
 * even locked. */
static enum orr_status judge_header(struct orr_store *s, bool *empty, struct orr_error *err)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    unsigned char h[HEADER_BYTES];
    if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file->pMethods ||
        file->pMethods->xFileSize(file, &size) != SQLITE_OK) {
        return orr_error_set(err, ORR_EIO, s->path, "cannot be read");
    }
    *empty = size == 0;
    if (*empty) return ORR_OK;
    if (size < HEADER_BYTES || file->pMethods->xRead(file, h, HEADER_BYTES, 0) != SQLITE_OK ||
        memcmp(h, "SQLite format 3", 16) != 0) {
        return orr_error_set(err, ORR_EFORMAT, s->path, "not a SQLite database; name another file");
    }
    return judge_version(s, big_endian(h + AT_APPLICATION_ID), big_endian(h + AT_USER_VERSION), err);
}

/* "file:PATH?immutable=1" with what a URI reserves escaped. */
static char *immutable_uri(const char *path)
{
    struct orr_str uri = {0};
    orr_str_append(&uri, "file:");
    for (const char *p = path; *p; p++) {
        if (strchr("%?#", *p))
            orr_str_printf(&uri, "%%%02X", (unsigned)*p);
        else
            orr_str_append_char(&uri, *p);
    }
    orr_str_append(&uri, "?immutable=1");
    return uri.data;
}

static bool wal_is_empty(const char *path)
{
    struct orr_str wal = {0};
    struct stat st;
    orr_str_printf(&wal, "%s-wal", path);
    const bool empty = stat(wal.data, &st) != 0 || st.st_size == 0;
    orr_str_free(&wal);
    return empty;
}

static enum orr_status connect(struct orr_store *s, bool create, bool immutable, struct orr_error *err)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= immutable ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE;
    if (create) flags |= SQLITE_OPEN_CREATE;
    char *uri = immutable ? immutable_uri(s->path) : NULL;
    const int rc = sqlite3_open_v2(uri ? uri : s->path, &s->db, flags, NULL);
    free(uri);
    if (rc != SQLITE_OK) return orr_db_error(s, err);
    sqlite3_busy_timeout(s->db, OPEN_PATIENCE);
    /* Until the store is known to be ours, closing must not fold into it a WAL that was there. */
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !wal_is_empty(s->path), NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return ORR_OK;
}

static void disconnect(struct orr_store *s)
{
    for (size_t i = 0; i < s->statements.len; i++) sqlite3_finalize(s->statements.data[i].stmt);
    s->statements.len = 0;
    sqlite3_close(s->db);
    s->db = NULL;
}

/* The first read: takes a lock, recovers a journal that a crash left, and parses the schema. */
static enum orr_status first_read(struct orr_store *s, int64_t *tables, struct orr_error *err)
{
    return orr_db_integer(s, 0, tables, err,
                          "SELECT count(*) FROM sqlite_schema WHERE name IN ('run', 'name', 'series', 'chunk',"
                          " 'chunk_data', 'config', 'tag', 'source', 'snapshot', 'snapshot_block', 'graph', 'result',"
                          " 'setting', 'number', 'power', 'point')",
                          "");
}
enum { TABLES = 16 };

static enum orr_status first_read_anywhere(struct orr_store *s, int64_t *tables, struct orr_error *err)
{
    const enum orr_status status = first_read(s, tables, err);
    const int rc = sqlite3_errcode(s->db) & 0xff;
    /* On a read-only file system SQLite cannot make the files that a WAL needs, nor on a full disk; nobody writes there
     * either. */
    if (status == ORR_OK || s->mode != ORR_STORE_READ ||
        (rc != SQLITE_CANTOPEN && rc != SQLITE_READONLY && status != ORR_EFULL) || !wal_is_empty(s->path)) {
        return status;
    }
    disconnect(s);
    const enum orr_status again = connect(s, false, true, err);
    return again != ORR_OK ? again : first_read(s, tables, err);
}

static enum orr_status pragmas(struct orr_store *s, struct orr_error *err)
{
    const bool write = s->mode != ORR_STORE_READ;
    char sql[256];
    snprintf(sql, sizeof sql,
             "PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON; PRAGMA secure_delete=OFF;"
             "PRAGMA query_only=%d",
             !write);
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK) return orr_db_error(s, err);
    if (!write) return ORR_OK;
    /* NORMAL loses no transaction's atomicity under a WAL; a rollback journal needs FULL for that on power loss. */
    snprintf(sql, sizeof sql, "PRAGMA journal_mode=%s; PRAGMA synchronous=%s; PRAGMA journal_size_limit=67108864",
             s->network ? "DELETE" : "WAL", s->network ? "FULL" : "NORMAL");
    const int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    /* Another process is reading and the mode stays as it is: slower, not wrong. */
    return rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY ? ORR_OK : orr_db_error(s, err);
}

static enum orr_status migrate(struct orr_store *s, struct orr_error *err)
{
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA page_size=%d", (int)PAGE_BYTES); /* of effect only in an empty file */
    sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    enum orr_status status = orr_db_run(s, err, "BEGIN IMMEDIATE", "");
    if (status != ORR_OK) return status;
    status = orr_schema_migrate(s, err);
    if (status == ORR_OK) status = orr_db_run(s, err, "COMMIT", "");
    if (status != ORR_OK && !sqlite3_get_autocommit(s->db)) orr_db_run(s, NULL, "ROLLBACK", "");
    return status;
}

/* Everything about the content: whose it is, which version, whether it is whole. */
static enum orr_status admit(struct orr_store *s, bool empty, struct orr_error *err)
{
    int64_t tables, application, version;
    enum orr_status status = first_read_anywhere(s, &tables, err);
    if (status != ORR_OK) return status;
    if (empty || tables == 0) { /* tables == 0: a crash while it was created, undone by the first read */
        if (s->mode != ORR_STORE_CREATE) {
            return orr_error_set(err, ORR_EFORMAT, s->path, "is empty; `orrery import FOLDER` makes it a store");
        }
        status = migrate(s, err);
        if (status == ORR_OK) status = first_read(s, &tables, err);
        if (status != ORR_OK) return status;
    }
    status = orr_db_integer(s, 0, &application, err, "PRAGMA application_id", "");
    if (status == ORR_OK) status = orr_db_integer(s, 0, &version, err, "PRAGMA user_version", "");
    if (status == ORR_OK) status = judge_version(s, application, version, err);
    if (status != ORR_OK) return status;
    if (version < orr_schema_version()) {
        if (s->mode == ORR_STORE_READ) {
            return orr_error_set(err, ORR_EVERSION, s->path,
                                 "was written by an older Orrery and may not be written here; copy it, or open it where it may");
        }
        status = migrate(s, err);
        if (status == ORR_OK) status = first_read(s, &tables, err);
    }
    if (status == ORR_OK && tables != TABLES) {
        return orr_error_set(err, ORR_EFORMAT, s->path, "the store is damaged: tables are missing; restore a copy");
    }
    return status;
}

enum orr_status orr_store_open_on(const char *path, enum orr_store_mode mode, bool network, struct orr_store **out,
                                  struct orr_error *err)
{
    *out = NULL;
    bool exists, empty = false;
    struct orr_store *s = orr_xcalloc(1, sizeof *s);
    struct orr_str plain = {0};
    /* SQLite gives a meaning to ":memory:" and "file:..."; to us every path is a path. */
    if (path[0] != '/') orr_str_append(&plain, "./");
    orr_str_append(&plain, path);
    *s = (struct orr_store){.path = plain.data, .mode = mode, .network = network};

    enum orr_status status = look(s->path, mode, &exists, err);
    if (status == ORR_OK) status = connect(s, mode == ORR_STORE_CREATE && !exists, false, err);
    if (status == ORR_OK && exists) status = judge_header(s, &empty, err);
    if (status == ORR_OK && mode != ORR_STORE_READ && sqlite3_db_readonly(s->db, "main") == 1) {
        status = orr_error_set(err, ORR_EREADONLY, s->path, "the store may not be written; check its permissions");
    }
    if (status == ORR_OK) status = admit(s, empty || !exists, err);
    if (status == ORR_OK) status = pragmas(s, err);
    if (status == ORR_OK) {
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
        sqlite3_busy_timeout(s->db, PATIENCE);
        *out = s;
        return ORR_OK;
    }
    disconnect(s);
    struct stat st;
    if (!exists && mode == ORR_STORE_CREATE && stat(s->path, &st) == 0 && st.st_size == 0) unlink(s->path);
    orr_store_close(s);
    return status;
}

enum orr_status orr_store_open(const char *path, enum orr_store_mode mode, struct orr_store **out,
                               struct orr_error *err)
{
    *out = NULL;
    if (!path || !*path) return orr_error_set(err, ORR_EINVAL, "store", "an empty path; name the store's file");
    const bool network = on_network(path);
    enum orr_status status = orr_store_open_on(path, mode, network, out, err);
    if (status != ORR_EVERSION || mode != ORR_STORE_READ) return status;
    /* Of an older Orrery: whoever only reads it wants it brought up to date, not explained. */
    struct orr_store *writer;
    if (orr_store_open_on(path, ORR_STORE_WRITE, network, &writer, NULL) != ORR_OK) return status;
    orr_store_close(writer);
    return orr_store_open_on(path, mode, network, out, err);
}

void orr_store_close(struct orr_store *s)
{
    if (!s) return;
    if (s->db) {
        orr_store_rollback(s);
        disconnect(s);
    }
    orr_pending_forget(s);
    free(s->statements.data);
    orr_arena_free(&s->source_text);
    free(s->path);
    free(s);
}

void orr_store_patience(struct orr_store *s, int ms) { sqlite3_busy_timeout(s->db, ms); }

const char *orr_store_path(const struct orr_store *s) { return s->path; }

char *orr_store_default_path(void)
{
    const char *given = getenv("ORRERY_STORE");
    if (given && *given) return orr_xstrdup(given);
    struct orr_str path = {0};
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (data && *data == '/')
        orr_str_printf(&path, "%s/orrery/store.db", data);
    else
        orr_str_printf(&path, "%s/.local/share/orrery/store.db", home && *home ? home : ".");
    return path.data;
}

int64_t orr_store_change_counter(struct orr_store *s)
{
    int64_t version;
    if (orr_db_integer(s, s->data_version, &version, NULL, "PRAGMA data_version", "") == ORR_OK &&
        version != s->data_version) {
        s->data_version = version;
        s->changes++;
    }
    return s->changes;
}
