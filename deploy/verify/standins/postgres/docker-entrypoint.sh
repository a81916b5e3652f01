#!/bin/sh
# What the official entrypoint does, as far as the compose file uses it: POSTGRES_{USER,PASSWORD,DB}[_FILE], POSTGRES_INITDB_ARGS
# and the files of /docker-entrypoint-initdb.d; it refuses the place where PostgreSQL 17 kept its data.
set -eu
as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
from_file() {
  eval "value=\${$1:-}; file=\${$1_FILE:-}"
  if [ -n "$file" ]; then value=$(cat "$file"); fi
  if [ -z "$value" ]; then value=${2:-}; fi
  export "$1=$value"
}
if [ "$1" = postgres ]; then
  if [ "$(id -u)" != 0 ]; then exec "$@" -D "$PGDATA"; fi
  mkdir -p "$PGDATA"
  chown -R postgres:postgres /var/lib/postgresql /run/postgresql
  chmod 700 "$PGDATA"
  if [ -d /var/lib/postgresql/data ]; then
    echo 'Error: in 18+, mount /var/lib/postgresql, not /var/lib/postgresql/data' >&2
    exit 1
  fi
  from_file POSTGRES_PASSWORD
  from_file POSTGRES_USER postgres
  from_file POSTGRES_DB "$POSTGRES_USER"
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    if [ -z "$POSTGRES_PASSWORD" ]; then
      echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
      exit 1
    fi
    password=$(mktemp)
    printf '%s\n' "$POSTGRES_PASSWORD" > "$password"
    chown postgres "$password"
    # shellcheck disable=SC2086
    as_postgres initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile="$password" --auth-local=trust --auth-host=scram-sha-256 \
      ${POSTGRES_INITDB_ARGS:-}
    rm -f "$password"
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    as_postgres pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -k /run/postgresql" -w start
    if [ "$POSTGRES_DB" != postgres ]; then
      psql -h /run/postgresql -U "$POSTGRES_USER" -d postgres -v ON_ERROR_STOP=1 -c "CREATE DATABASE \"$POSTGRES_DB\""
    fi
    for file in /docker-entrypoint-initdb.d/*; do
      case $file in
        *.sql) psql -h /run/postgresql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v ON_ERROR_STOP=1 -f "$file" ;;
        *.sh) sh "$file" ;;
      esac
    done
    as_postgres pg_ctl -D "$PGDATA" -m fast -w stop
  fi
  shift
  exec setpriv --reuid postgres --regid postgres --clear-groups postgres -D "$PGDATA" \
    -c 'listen_addresses=*' -c unix_socket_directories=/run/postgresql "$@"
fi
exec "$@"
