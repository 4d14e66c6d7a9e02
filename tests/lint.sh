#!/bin/bash
# lint.sh: static checks of what git tracks; says what is wrong and exits 1. Needs cppcheck and shellcheck.
set -u
cd "$(dirname "$0")/.." || exit 2
bad=0
complain() { echo "lint: $*"; bad=1; }
for tool in cppcheck shellcheck; do
    command -v $tool >/dev/null || { echo "lint: $tool is missing: make deps-more"; exit 2; }
done
mapfile -t c_files < <(git ls-files '*.c' '*.h')
mapfile -t scripts < <(git ls-files '*.sh' .ci/run)

# Header guards: ORRERY_BASE_STR_H in src/base/str.h, ORRERY_ERROR_H in include/orrery/error.h, and so on; the name of a
# file that is called as its folder may stand once.
guard_of() { echo "ORRERY_$(tr 'a-z/.-' 'A-Z___' <<<"$1")"; }
for f in $(git ls-files '*.h'); do
    path=${f#src/}
    path=${path#include/orrery/}
    path=${path/#tests\/unit\//tests/}
    has=$(grep -m1 '^#ifndef ' "$f")
    has=${has#\#ifndef }
    once=$(sed -E 's#(^|/)([^/]+)/\2\.h$#\1\2.h#' <<<"$path")
    case $has in
    "$(guard_of "$path")" | "$(guard_of "$once")") grep -q "^#define $has\$" "$f" ;;
    *) false ;;
    esac ||
        complain "$f: the guard should be $(guard_of "$path")"
done

# What a file is for: a comment at its top says it, or the header that a .c file includes first.
for f in $(git ls-files 'src/*.c' 'views/*.c' 'include/*.h' 'src/*.h'); do
    first=$(head -1 "$f")
    [[ $first == '/*'* || ($f == *.c && $first =~ ^'#include '(\"|'<orrery/')) ]] ||
        complain "$f: no comment at its top says what it is for"
done

# Blanks, line ends and lengths.
found() { # message, pattern, files: prints at most ten hits
    local hits
    hits=$(grep -nP -- "$2" "${@:3}" /dev/null | head -10)
    [ -z "$hits" ] || complain "$1:"$'\n'"$hits"
}
found 'tabs' '\t' "${c_files[@]}"
found 'trailing blanks' '[ \t\r]$' "${c_files[@]}" "${scripts[@]}" Makefile README.md
found 'leftover markers' '\b(TODO|FIXME|XXX)\b' "${c_files[@]}" Makefile
found 'longer than 130 columns (a single string may be)' '^(?!\s*").{131,}' "${c_files[@]}"
for f in "${c_files[@]}"; do
    [ "$(wc -l <"$f")" -le 600 ] || complain "$f: more than 600 lines"
    [ -z "$(tail -c1 "$f")" ] || complain "$f: no newline at the end"
done

# Calls that do not belong: unbounded ones anywhere; ending or printing below the two faces.
mapfile -t ours < <(git ls-files 'src/*.[ch]' 'views/*.[ch]')
mapfile -t library < <(git ls-files 'src/*.[ch]' | grep -vE '^src/(main\.c|cli/|tui/)')
found 'unsafe call' '(?<![\w.>])(gets|strcpy|strcat|sprintf|vsprintf|system|popen|alloca|strtok|tmpnam|mktemp|atoi|atof)\s*\(' "${ours[@]}"
found 'the library may not print, exit or install handlers' \
    '(?<![\w.>])(exit|_exit|printf|puts|putchar|perror|signal|sigaction|setlocale)\s*\(' "${library[@]}"

mapfile -t compiled < <(git ls-files 'src/*.c' 'views/*.c' 'tests/bench/*.c')
cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability --inline-suppr -j "$(nproc)" \
    --error-exitcode=1 -D_GNU_SOURCE -DORR_VERSION='""' -Iinclude -Isrc -I. \
    --suppress=uninitvar --suppress=unknownEvaluationOrder --suppress=internalAstError --suppress=missingIncludeSystem --suppress=unknownMacro --suppress=invalidPointerCast --suppress=normalCheckLevelMaxBranches \
    "${compiled[@]}" || bad=1
shellcheck -x -P SCRIPTDIR -e SC2016,SC2119,SC2120 "${scripts[@]}" || bad=1
[ $bad = 0 ] && echo "lint: clean (${#c_files[@]} C files, ${#scripts[@]} scripts)"
exit $bad
