# shellcheck shell=bash
# The two services on this machine: starting, waiting for and stopping them. Sourced by demo and stop.
# Process ids, ports and logs are in $STATE.

readonly STATE="${DATAMIGRATE_HOME:-${HOME:?HOME is not set}/.local/share/datamigrate}/local"

say() { printf '%s: %s\n' "$PROGRAM" "$*"; }
die() { printf '%s: %s\n' "$PROGRAM" "$*" >&2; exit 1; }

# service_pid NAME: the process of a running service; fails when there is none.
service_pid() {
  local pid
  pid="$(cat "$STATE/$1.pid" 2> /dev/null)" && [[ "$pid" =~ ^[0-9]+$ ]] || return 1
  # After a rebuild the link ends in " (deleted)".
  [[ "$(readlink "/proc/$pid/exe" 2> /dev/null)" == */"$1"* ]] && echo "$pid"
}

# start_service NAME BINARY ARGUMENT...: starts a service in the background; its port will be in $STATE/NAME.port.
start_service() {
  local name="$1" binary="$2"
  shift 2
  rm -f "$STATE/$name.port"
  setsid "$binary" "$@" --port-file "$STATE/$name.port" --log-file "$STATE/$name.log" \
    < /dev/null > "$STATE/$name.out" 2>&1 8>&- &
  echo $! > "$STATE/$name.pid"
}

# fail_service NAME: says why a service that was started has ended.
fail_service() {
  die "$1 has ended: $(tail -n 1 "$STATE/$1.out" "$STATE/$1.log" 2> /dev/null | grep -v '^==>' | grep . | tail -1) (log: $STATE/$1.log)"
}

# wait_for NAME SECONDS COMMAND...: until the command succeeds, the service (a child of this shell) ends or the time is over.
wait_for() {
  local name="$1" deadline=$((SECONDS + $2))
  shift 2
  until "$@"; do
    kill -0 "$(< "$STATE/$name.pid")" 2> /dev/null || fail_service "$name"
    ((SECONDS < deadline)) || die "$name is not ready in time (log: $STATE/$name.log)"
    sleep 0.2
  done
}

# stop_service NAME: asks it to finish, and waits; after 30 seconds it is killed.
stop_service() {
  local name="$1" pid deadline=$((SECONDS + 30))
  if pid="$(service_pid "$name")"; then
    kill -TERM "$pid" 2> /dev/null || true
    while service_pid "$name" > /dev/null && ((SECONDS < deadline)); do sleep 0.1; done
    if service_pid "$name" > /dev/null; then
      kill -KILL "$pid" 2> /dev/null || true
      say "$name did not stop in 30 seconds and was killed"
    else
      say "$name stopped"
    fi
  fi
  rm -f "$STATE/$name.pid" "$STATE/$name.port"
}
