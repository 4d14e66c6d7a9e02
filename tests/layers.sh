#!/bin/bash
# layers.sh BUILD: proves that a layer uses only what stands below it, by includes and by symbols.
set -u
build=$1 bad=0
cd "$(dirname "$0")/.." || exit 2
complain() { echo "layer: $*"; bad=1; }

# Who may include which outside header.
check_header() { # regex allowed-path-regex
    local f
    while read -r f; do [[ $f =~ $2 ]] || complain "$f includes $1"; done \
        < <(grep -rlE "#include *<$1>" src views include 2>/dev/null)
}
check_header 'sqlite3\.h' '^src/(store|ingest)/'
check_header '(ncurses|ncursesw|curses|term)[./a-z]*h' '^src/tui/'
check_header '(cblas|lapacke|openblas_config)\.h' '^src/num/'

# Ranks: a file may include only headers of its own rank or below.
rank() {
    case $1 in
    base) echo 1 ;; num | text | image) echo 2 ;; methods) echo 3 ;;
    store | ingest | plot | jobs | lab) echo 4 ;; app) echo 5 ;; cli | tui | views) echo 6 ;; *) echo 9 ;;
    esac
}
while IFS=: read -r file line; do
    from=${file#src/}; from=${from%%/*}
    [[ $file == views/* ]] && from=views
    to=$(sed -E 's/.*"([a-z_]+)\/.*/\1/' <<<"$line")
    [ "$(rank "$to")" -le "$(rank "$from")" ] || complain "$file ($from) includes $line"
done < <(grep -rE '#include *"[a-z_]+/' src views --include='*.[ch]' 2>/dev/null | grep -v '^src/main\.c')

# Symbols: the core must not need SQLite or curses.
if nm -u "$build"/obj/src/{base,num,text,methods}/*.o "$build"/obj/src/methods/*/*.o 2>/dev/null | grep -E ' U (sqlite3_|initscr|wadd|setupterm)'; then
    complain "the core needs SQLite or curses"
fi
# And it works with nothing else linked (built by make check and make check-layers).
[ ! -x "$build/tests/core_alone" ] || "$build/tests/core_alone" || complain "the core alone does not work"
exit $bad
