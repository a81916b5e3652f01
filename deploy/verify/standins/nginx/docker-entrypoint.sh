#!/bin/sh
# As the official entrypoint: templates first (only variables of the environment, and only those the filter lets through), then
# the scripts of /docker-entrypoint.d.
set -e
if [ "$1" = nginx ]; then
  out=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
  names=$(env | cut -d= -f1 | grep -E "${NGINX_ENVSUBST_FILTER:-.}" | sed 's/^/${/; s/$/}/' | tr '\n' ' ')
  for template in /etc/nginx/templates/*.template; do
    [ -e "$template" ] || continue
    envsubst "$names" < "$template" > "$out/$(basename "$template" .template)"
  done
  for script in /docker-entrypoint.d/*.sh; do
    [ -x "$script" ] || continue
    "$script"
  done
fi
exec "$@"
