# Sourced by the scripts beside it: drives the real program in a tmux pane of its own server. A script exits 0 when all
# held, 1 with the screen when something did not, 77 when tmux is missing. Nothing sleeps for a fixed time: wait_for and
# wait_until poll.
# shellcheck shell=bash
set -u
orrery=${ORRERY_BIN:-$PWD/build/orrery}
patience=${TERMINAL_PATIENCE:-8} # seconds before a wait gives up
command -v tmux >/dev/null || { echo "tmux is missing"; exit 77; }
[ -x "$orrery" ] || { echo "$orrery is missing"; exit 1; }

scratch=$(mktemp -d /tmp/orrery-terminal.XXXXXX) || exit 1
export TMUX_TMPDIR=$scratch LC_ALL=C.UTF-8
unset TMUX
mux() { tmux -u -L orrery -f /dev/null "$@"; }
finish() {
    mux kill-server 2>/dev/null
    rm -rf "$scratch" 2>/dev/null || { # what was just killed may still have written
        sleep 0.3
        rm -rf "$scratch"
    }
}
trap finish EXIT
trap 'exit 130' INT TERM

# Ends the script: says what is wrong and shows the screen.
fail() {
    echo "FAILED: $*"
    echo "---- the screen ($(mux display -p '#{window_width}x#{window_height}')):"
    screen
    exit 1
}

# start WIDTH HEIGHT: an interactive shell in a pane of that size, with an empty home and the prompt "ready>".
start() {
    mkdir -p "$scratch/home"
    mux new-session -d -x "$1" -y "$2" \
        "exec env -i HOME='$scratch/home' PATH='$PATH' LC_ALL=C.UTF-8 TZ=UTC TERM=screen-256color PS1='ready> ' \
        HISTFILE=/dev/null bash --noprofile --norc -i" \; set -g status off \; set -g escape-time 0 ||
        { echo "tmux does not start"; exit 1; }
    wait_for '^ready>'
}
# resize WIDTH HEIGHT
# tmux tells the program later: until then its terminal has the old size.
resize() {
    mux resize-window -x "$1" -y "$2"
    wait_until eval '[ "$(stty -F "$(mux display -p "#{pane_tty}")" size)" = "'"$2 $1"'" ]'
}
# keys KEY...: names as tmux has them: Enter, Escape, Down, C-c, ...
keys() { mux send-keys "$@"; }
# text TEXT: typed as it is
text() { mux send-keys -l -- "$1"; }
# line TEXT: typed, then Enter
line() {
    text "$1"
    keys Enter
}
screen() { mux capture-pane -p; }
styled_screen() { mux capture-pane -p -e; } # with colours and attributes: where the cursor bar is

# wait_until COMMAND...: polls until it succeeds.
wait_until() {
    local end=$((${EPOCHREALTIME/./} + patience * 1000000))
    until "$@"; do
        [ "${EPOCHREALTIME/./}" -lt $end ] || return 1
        sleep 0.03
    done
}
shows() { screen | grep -qE -- "$1"; }
lacks() { ! shows "$1"; }
# settle: waits until the screen stays the same for 0.2 s and puts it into $picture.
settle() {
    local last=
    picture=$(screen)
    while [ "$picture" != "$last" ]; do
        last=$picture
        sleep 0.2
        picture=$(screen)
    done
}
same_as() { [ "$(screen)" = "$1" ]; }
differs_from() { ! same_as "$1"; }
# wait_for REGEX, wait_gone REGEX: until some line of the screen matches, or none does.
wait_for() { wait_until shows "$1" || fail "waited ${patience} s for /$1/"; }
wait_gone() { wait_until lacks "$1" || fail "waited ${patience} s for /$1/ to go"; }

flag() { [ "$(mux display -p "#{$1}")" = "$2" ]; }
# full_screen, normal_screen: which of its two screens the terminal shows.
full_screen() { wait_until flag alternate_on 1 || fail "the program did not take the full screen"; }
normal_screen() { wait_until flag alternate_on 0 || fail "the full screen was not left"; }

# small_store: seven synthetic runs in $store.
store=$scratch/store.db
small_store() {
    mkdir "$scratch/logs"
    "$orrery" simulate runs "$scratch/simulated" --seed 1 || exit 1
    cp -r "$scratch"/simulated/sweep/lr1e-3-w64-s? "$scratch/simulated/sweep/lr3e-3-w256-s1" "$scratch/simulated/diverged" \
        "$scratch/logs"
    "$orrery" import "$scratch/logs" --store "$store" >"$scratch/import.log" 2>&1 ||
        { cat "$scratch/import.log"; exit 1; }
}
# workbench [VARIABLE=VALUE...]: opens the workbench on $store in the pane, as a command of `run`.
workbench() {
    run "env $* $orrery open --store $store"
    full_screen
}

# run COMMAND: as `line`, but between two looks at the terminal's settings; afterwards "done: STATUS" is on the screen.
run() {
    cat >"$scratch/run" <<-END
	stty -a | sed 's/rows [0-9]*; columns [0-9]*; //' >$scratch/before
	$1
	status=\$?
	stty -a | sed 's/rows [0-9]*; columns [0-9]*; //' >$scratch/after
	echo "done: \$status"
	END
    line "sh $scratch/run"
}
# ended STATUS: the command of `run` has ended with it, and the terminal is as it was.
ended() {
    wait_for '^done: [0-9]+'
    shows "^done: $1\$" || fail "the exit status is not $1"
    cmp -s "$scratch/before" "$scratch/after" ||
        fail "stty differs:"$'\n'"$(diff "$scratch/before" "$scratch/after")"
    normal_screen
    local f
    for f in mouse_any_flag mouse_button_flag mouse_standard_flag mouse_sgr_flag keypad_cursor_flag keypad_flag; do
        flag $f 0 || fail "$f is still set"
    done
    flag cursor_flag 1 || fail "the cursor is hidden"
}
# find_process NAME: waits for the process of that name below the pane's shell and puts its id into $pid.
find_process() {
    local shell
    shell=$(mux display -p '#{pane_pid}')
    wait_until find_below "$shell" "$1" || fail "no process $1"
}
find_below() { # parent name
    local p children=()
    read -ra children <"/proc/$1/task/$1/children"
    for p in "${children[@]}"; do
        if [ "$(cat "/proc/$p/comm" 2>/dev/null)" = "$2" ]; then
            # shellcheck disable=SC2034
            pid=$p
            return 0
        fi
        find_below "$p" "$2" && return 0
    done 2>/dev/null
    return 1
}
