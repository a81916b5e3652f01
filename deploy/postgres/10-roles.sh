#!/bin/sh
# At the first start: the role and database of Parley, and one that may only read figures. Neither is a superuser.
set -eu
secret() { cat "/run/secrets/$1"; }
psql -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres \
  -v application="$(secret application_password)" -v monitor="$(secret monitor_password)" << 'SQL'
CREATE ROLE parley LOGIN PASSWORD :'application';
CREATE DATABASE parley OWNER parley;
REVOKE ALL ON DATABASE parley FROM PUBLIC;
CREATE ROLE parley_monitor LOGIN PASSWORD :'monitor' CONNECTION LIMIT 5;
GRANT pg_monitor TO parley_monitor;
GRANT CONNECT ON DATABASE parley TO parley_monitor;
SQL
