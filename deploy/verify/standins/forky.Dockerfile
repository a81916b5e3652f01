# What most stand-ins are made of, once: Debian's packages of the versions that the compose file names. Alpine's images have
# busybox's wget and no curl, and so has this.
FROM localbase/debian:forky
RUN groupadd -g 70 postgres && useradd -u 70 -g 70 -m -d /var/lib/postgresql postgres \
 && groupadd -g 101 nginx && useradd -u 101 -g 101 -M -s /usr/sbin/nologin nginx \
 && groupadd -g 1000 redis && useradd -u 999 -g 1000 -M -s /usr/sbin/nologin redis \
 && apt-get -o Acquire::Check-Valid-Until=false update \
 && apt-get install -y --no-install-recommends busybox gettext-base nginx postgresql-18 redis-server \
      prometheus promtool prometheus-alertmanager prometheus-node-exporter prometheus-postgres-exporter \
      prometheus-redis-exporter prometheus-nginx-exporter prometheus-blackbox-exporter \
 && rm -rf /var/lib/apt/lists/* /usr/bin/curl /usr/bin/wget /etc/nginx/sites-* /etc/nginx/modules-enabled \
 && ln -s /bin/busybox /usr/local/bin/wget
