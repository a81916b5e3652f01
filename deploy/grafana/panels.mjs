// What the dashboards show. `or vector(0)` stands where nothing is good news: something that is counted only once it happens.
const stat = (id, title, expr, more = {}) => ({
  id,
  type: 'stat',
  title,
  queries: [[expr, more.legend]],
  ...more,
});
const graph = (id, title, queries, more = {}) => ({ id, type: 'timeseries', title, queries, ...more });
const seconds = { unit: 's' };
const bytes = { unit: 'bytes' };
const share = { unit: 'percentunit' };
const quantile = (q, metric, by, window = '5m', matchers = '') =>
  `histogram_quantile(${q}, sum by (${[...by, 'le'].join(', ')}) (rate(${metric}_bucket${matchers}[${window}])))`;

const UP = [
  ['red', null],
  ['green', 1],
];
const below = (warning, bad) => [
  ['green', null],
  ['orange', warning],
  ['red', bad],
];
/** The word of all instances; where none runs, that of its exporter. */
const POSTGRES_UP = 'max(parley_dependency_up{dependency="postgres"}) or max(pg_up) or vector(0)';
/** Without its exporter nothing is known, which is not well either. */
const REDIS_UP = 'redis_up or up{job="redis"} * 0';
const DISKS = '{fstype!~"tmpfs|overlay|squashfs"}';
const OURS = '{job=~"parley-.*"}';

const overview = {
  name: 'overview',
  title: 'overview',
  rows: [
    {
      title: 'Is it well?',
      across: 8,
      panels: [
        stat(1, 'API processes', 'parley:up:count or vector(0)', {
          steps: UP,
          about: 'That answer Prometheus.',
        }),
        stat(2, 'Connections', 'parley:connections:sum'),
        stat(3, 'Messages a second', 'sum(rate(parley_messages_total{outcome="created"}[1m]))'),
        stat(4, 'Acknowledged, 95 %', 'parley:send_seconds:p95_5m', { ...seconds, steps: below(0.05, 0.1) }),
        stat(5, 'Delivered, 95 %', 'parley:delivery_seconds:p95_5m', { ...seconds, steps: below(0.1, 0.25) }),
        stat(6, 'PostgreSQL', POSTGRES_UP, { steps: UP }),
        stat(7, 'Redis', REDIS_UP, { steps: UP, legend: '{{use}}' }),
        stat(8, 'Through nginx', 'min(probe_success{job="edge"}) or vector(0)', {
          steps: UP,
          about: 'Ready, asked as people do.',
        }),
      ],
    },
    {
      title: 'What fires: a click on a line leads to the panel that shows it',
      across: 1,
      panels: [
        { id: 10, type: 'table', title: 'Alerts', queries: [['ALERTS{alertstate="firing"} or vector(0)']] },
      ],
    },
    {
      title: 'What people do',
      across: 3,
      panels: [
        graph(11, 'Connections', [['parley_connections', '{{instance}}']]),
        graph(12, 'Commands a second', [
          ['sum by (command) (command_outcome:parley_commands:rate1m)', '{{command}}'],
        ]),
        graph(13, 'Outcomes that are not ok', [
          [
            'sum by (outcome) (command_outcome:parley_commands:rate1m{outcome!="ok"}) or vector(0)',
            '{{outcome}}',
          ],
          ['parley:command_faults:ratio_rate5m or vector(0)', 'share by our own fault'],
        ]),
        graph(
          14,
          'Send, from arrival to ack',
          [
            ['parley:send_seconds:p50_5m', '50 %'],
            ['parley:send_seconds:p95_5m', '95 %'],
            ['parley:send_seconds:p99_5m', '99 %'],
          ],
          seconds,
        ),
        graph(
          15,
          "Delivery, from send to the other's socket",
          [
            ['parley:delivery_seconds:p50_5m', '50 %'],
            ['parley:delivery_seconds:p95_5m', '95 %'],
            ['parley:delivery_seconds:p99_5m', '99 %'],
          ],
          seconds,
        ),
        graph(16, 'REST requests a second', [
          [
            'sum by (route) (rate(parley_http_request_duration_seconds_count{route!~".*/health.*"}[1m]))',
            '{{route}}',
          ],
        ]),
        graph(17, 'REST, 95th percentile', [['parley:http_seconds:p95_5m', '95 %']], seconds),
        graph(
          18,
          'REST requests that fail by our own fault',
          [['parley:http_faults:ratio_rate5m or vector(0)', 'share']],
          share,
        ),
        graph(19, 'Errors in the logs', [
          ['sum by (group) (rate(parley_errors_total{level="error"}[5m]))', '{{group}}'],
        ]),
      ],
    },
  ],
};

const realtime = {
  name: 'realtime',
  title: 'realtime',
  rows: [
    {
      title: 'Connections',
      across: 4,
      panels: [
        graph(1, 'Connections', [['parley_connections', '{{instance}}']]),
        graph(2, 'Rooms with somebody in them', [['sum by (kind) (parley_rooms)', '{{kind}}']]),
        graph(3, 'Ends of connections, a second', [
          ['sum by (reason) (rate(parley_disconnects_total[5m]))', '{{reason}}'],
        ]),
        graph(4, 'Handshakes refused, a second', [
          ['sum by (reason) (rate(parley_handshakes_refused_total[5m])) or vector(0)', '{{reason}}'],
        ]),
      ],
    },
    {
      title: 'From send to the socket of the other',
      across: 3,
      panels: [
        graph(
          5,
          'Delivery, 95th percentile by way',
          [
            [quantile(0.95, 'parley_delivery_seconds', ['path']), '{{path}}'],
            ['parley:delivery_seconds:p95_5m', 'but for repairs'],
          ],
          {
            ...seconds,
            about:
              'local: the same instance. bus: another one. repair: found missing and read from PostgreSQL.',
          },
        ),
        graph(6, 'Messages a second', [
          ['sum by (outcome) (rate(parley_messages_total[1m]))', '{{outcome}}'],
        ]),
        graph(7, 'Sockets that one frame goes to', [
          [quantile(0.5, 'parley_fanout_sockets', []), '50 %'],
          [quantile(0.95, 'parley_fanout_sockets', []), '95 %'],
        ]),
        graph(8, 'Bytes that wait for slow readers', [['parley_buffered_bytes', '{{instance}}']], bytes),
        graph(9, 'Slow readers cut, a second', [['sum(rate(parley_slow_readers_cut_total[5m]))', 'cut']]),
        graph(
          25,
          'Commands, 95th percentile',
          [[quantile(0.95, 'parley_command_duration_seconds', ['command']), '{{command}}']],
          seconds,
        ),
      ],
    },
    {
      title: 'Between instances',
      across: 3,
      panels: [
        graph(10, 'Events of other instances, a second', [
          ['sum by (use) (rate(parley_bus_messages_total[1m]))', '{{use}}'],
        ]),
        graph(
          11,
          'Round trip of the bus, 95th percentile',
          [[quantile(0.95, 'parley_bus_round_trip_seconds', []), '95 %']],
          seconds,
        ),
        graph(12, 'Bus in doubt', [['parley_bus_doubted', '{{instance}}']], { max: 1 }),
        graph(13, 'Events not handed on, a second', [
          ['sum(rate(parley_bus_publishes_dropped_total[1m]))', 'not published'],
          ['sum(rate(parley_frames_withheld_total[1m]))', 'withheld'],
          ['sum(rate(parley_membership_checks_total[1m]))', 'members read'],
        ]),
        graph(14, 'Holes repaired from PostgreSQL, a second', [
          ['sum by (how) (rate(parley_holes_repaired_revs_total[5m]))', '{{how}}'],
        ]),
        graph(15, 'What one sync answers, 95th percentile', [
          [quantile(0.95, 'parley_sync_messages', []), 'messages'],
          [quantile(0.95, 'parley_sync_conversations', []), 'conversations'],
        ]),
        graph(
          16,
          'Bytes of one sync, 95th percentile',
          [[quantile(0.95, 'parley_sync_bytes', []), 'bytes']],
          bytes,
        ),
        graph(27, 'Syncs that began anew, and repairs by sweeps, a second', [
          ['sum(rate(parley_sync_resets_total[5m]))', 'reset'],
          ['sum by (sweep) (rate(parley_sweep_repairs_total[5m]))', '{{sweep}}'],
        ]),
        graph(24, 'Limits', [
          ['sum by (limit) (rate(parley_rate_limits_hit_total[1m])) or vector(0)', 'hit {{limit}}'],
          ['sum(rate(parley_rate_limit_fallbacks_total[1m]))', 'counted alone'],
        ]),
      ],
    },
    {
      title: 'Processes',
      across: 4,
      panels: [
        graph(26, 'Processes that answer', [
          ['job:parley_up:sum', '{{job}}'],
          ['max_over_time(job:parley_up:min2m[1h])', '{{job}}, within the last hour'],
        ]),
        graph(
          17,
          'Processor',
          [[`rate(process_cpu_seconds_total${OURS}[1m])`, '{{job}} {{instance}}']],
          share,
        ),
        graph(
          18,
          'Memory, of what it may take',
          [
            [
              `process_resident_memory_bytes${OURS} / on (job, instance) parley_memory_limit_bytes`,
              '{{job}} {{instance}}',
            ],
          ],
          share,
        ),
        graph(
          19,
          'Event loop, how late (99th percentile)',
          [[`nodejs_eventloop_lag_p99_seconds${OURS}`, '{{job}} {{instance}}']],
          seconds,
        ),
        graph(
          20,
          'Garbage collection, share of the time',
          [
            [
              `sum by (instance, kind) (rate(nodejs_gc_duration_seconds_sum${OURS}[5m]))`,
              '{{instance}} {{kind}}',
            ],
          ],
          share,
        ),
        graph(
          21,
          'Open files, of the most',
          [[`process_open_fds${OURS} / process_max_fds${OURS}`, '{{job}} {{instance}}']],
          share,
        ),
        graph(
          22,
          'Running since',
          [[`time() - process_start_time_seconds${OURS}`, '{{job}} {{instance}}']],
          seconds,
        ),
        graph(23, 'Errors in the logs, a second', [
          ['sum by (group, level) (rate(parley_errors_total[5m]))', '{{level}} {{group}}'],
          ['sum(rate(parley_unhandled_rejections_total[5m]))', 'awaited by nobody'],
        ]),
      ],
    },
  ],
};

const data = {
  name: 'data',
  title: 'database and cache',
  rows: [
    {
      title: 'PostgreSQL, as Parley sees it',
      across: 4,
      panels: [
        stat(1, 'PostgreSQL', POSTGRES_UP, { steps: UP, h: 8 }),
        graph(
          3,
          'Pools: connections in use, of the most',
          [
            [
              'sum by (pool, instance) (parley_pool_connections{state="busy"}) / sum by (pool, instance) (parley_pool_size)',
              '{{pool}} {{instance}}',
            ],
          ],
          share,
        ),
        graph(4, 'Who waits for a connection', [['sum by (pool) (parley_pool_waiting)', '{{pool}}']]),
        graph(
          5,
          'Waits for a connection, 95th percentile',
          [['pool:parley_pool_wait_seconds:p95_5m', '{{pool}}']],
          seconds,
        ),
        graph(
          6,
          'Statements, 95th percentile',
          [
            [quantile(0.95, 'parley_database_statement_duration_seconds', ['statement']), '{{statement}}'],
            ['parley:database_seconds:p95_5m', 'all'],
          ],
          seconds,
        ),
        graph(20, 'Statements a second', [
          [
            'sum by (statement) (rate(parley_database_statement_duration_seconds_count[1m]))',
            '{{statement}}',
          ],
        ]),
        graph(7, 'Statements refused or not answered, a second', [
          ['sum by (pool) (rate(parley_database_statement_failures_total[5m]))', '{{pool}}'],
          ['sum(rate(parley_database_errors_total[5m]))', 'connections that broke'],
        ]),
        graph(8, 'Commits a second', [
          ['sum(rate(pg_stat_database_xact_commit{datname="parley"}[1m]))', 'commits'],
          ['sum(rate(pg_stat_database_xact_rollback{datname="parley"}[1m]))', 'rollbacks'],
        ]),
      ],
    },
    {
      title: 'PostgreSQL, by its own word',
      across: 4,
      panels: [
        graph(2, 'Connections', [
          ['sum(pg_stat_database_numbackends)', 'open'],
          ['max(pg_settings_max_connections)', 'most'],
        ]),
        graph(
          9,
          'Oldest transaction',
          [['max(pg_stat_activity_max_tx_duration{backend_type="client backend"})', 'open for']],
          seconds,
        ),
        graph(10, 'Locks', [['sum by (mode) (pg_locks_count{datname="parley"})', '{{mode}}']]),
        graph(
          11,
          'Blocks found in memory',
          [
            [
              'sum(rate(pg_stat_database_blks_hit{datname="parley"}[5m])) / (sum(rate(pg_stat_database_blks_hit{datname="parley"}[5m])) + sum(rate(pg_stat_database_blks_read{datname="parley"}[5m])))',
              'share',
            ],
          ],
          share,
        ),
        graph(12, 'Size of the database', [['pg_database_size_bytes{datname="parley"}', 'bytes']], bytes),
      ],
    },
    {
      title: 'Redis',
      across: 4,
      panels: [
        stat(13, 'Redis', REDIS_UP, { steps: UP, legend: '{{use}}', h: 8 }),
        graph(
          14,
          'Memory',
          [
            ['redis_memory_used_bytes', '{{use}}'],
            ['redis_memory_max_bytes', '{{use}}, most'],
          ],
          bytes,
        ),
        graph(
          15,
          'Calls, 95th percentile',
          [
            [quantile(0.95, 'parley_redis_call_duration_seconds', ['use']), '{{use}}'],
            ['parley:redis_seconds:p95_5m', 'all'],
          ],
          seconds,
        ),
        graph(16, 'Calls without an answer, a second', [
          ['sum by (use) (rate(parley_redis_call_failures_total[5m]))', '{{use}}'],
          [
            'sum by (connection) (rate(parley_redis_errors_total[5m])) or vector(0)',
            'errors of {{connection}}',
          ],
        ]),
        graph(17, 'Newest pages: found in the cache, a second', [
          ['sum by (outcome) (rate(parley_cache_uses_total[5m])) or vector(0)', '{{outcome}}'],
        ]),
        graph(18, 'Keys dropped, a second', [
          ['rate(redis_evicted_keys_total[5m])', '{{use}}, for want of memory'],
          ['rate(redis_expired_keys_total[5m])', '{{use}}, after their time'],
        ]),
        graph(19, 'Commands a second', [['rate(redis_commands_processed_total[1m])', '{{use}}']]),
        graph(21, 'Connections', [['redis_connected_clients', '{{use}}']]),
      ],
    },
  ],
};

const jobs = {
  name: 'jobs',
  title: 'jobs and files',
  rows: [
    {
      title: 'Jobs',
      across: 3,
      panels: [
        stat(1, 'Workers', 'sum(up{job="parley-worker"}) or vector(0)', { steps: UP, h: 8 }),
        graph(2, 'Jobs in the queue', [['sum by (queue, state) (parley_queue_jobs)', '{{queue}} {{state}}']]),
        graph(
          3,
          'Oldest job that waits',
          [['max by (queue) (parley_queue_oldest_age_seconds)', '{{queue}}']],
          seconds,
        ),
        graph(4, 'Changes whose effects are not done', [['max(parley_outbox_pending)', 'in the outbox']]),
        graph(
          5,
          'Oldest change whose effects are not done',
          [
            ['max(parley_outbox_oldest_age_seconds)', 'in the outbox'],
            ['max(parley_queue_oldest_age_seconds)', 'in the queue'],
          ],
          seconds,
        ),
        graph(6, 'Changes done, a second', [['sum(rate(parley_outbox_done_total[1m]))', 'done']]),
        graph(
          7,
          'One attempt, 95th percentile',
          [[quantile(0.95, 'parley_job_duration_seconds', ['job']), '{{job}}']],
          seconds,
        ),
        graph(8, 'Attempts a second', [
          ['sum by (outcome) (rate(parley_job_duration_seconds_count[5m]))', '{{outcome}}'],
        ]),
        graph(
          9,
          'Last look at the queue',
          [['time() - max(parley_queue_last_look_timestamp_seconds)', 'ago']],
          seconds,
        ),
      ],
    },
    {
      title: 'Where files and jobs are kept',
      across: 3,
      panels: [
        graph(
          12,
          'File store, asked by Parley',
          [['parley_dependency_up{dependency="s3"}', '{{job}} {{instance}}']],
          { max: 1 },
        ),
        graph(10, 'Disk space left', [[`node_filesystem_avail_bytes${DISKS}`, '{{mountpoint}}']], bytes),
        graph(
          11,
          'Memory of the Redis for jobs',
          [
            ['redis_memory_used_bytes{use="jobs"}', 'used'],
            ['redis_memory_max_bytes{use="jobs"}', 'most'],
          ],
          bytes,
        ),
      ],
    },
  ],
};

const node = {
  name: 'node',
  title: 'machine, proxy and watching',
  rows: [
    {
      title: 'Machine',
      across: 4,
      panels: [
        graph(
          1,
          'Processor',
          [
            ['1 - avg(rate(node_cpu_seconds_total{mode="idle"}[1m]))', 'busy'],
            ['avg(rate(node_cpu_seconds_total{mode="iowait"}[1m]))', 'waits for disks'],
            ['avg(rate(node_cpu_seconds_total{mode="steal"}[1m]))', 'taken by others'],
          ],
          share,
        ),
        graph(
          2,
          'Memory',
          [
            ['node_memory_MemAvailable_bytes', 'available'],
            ['node_memory_MemTotal_bytes', 'all'],
          ],
          bytes,
        ),
        graph(
          3,
          'Disk space left',
          [[`node_filesystem_avail_bytes${DISKS} / node_filesystem_size_bytes`, '{{mountpoint}}']],
          { ...share, max: 1 },
        ),
        graph(
          4,
          'Disk space left, and a day from now',
          [
            [`node_filesystem_avail_bytes${DISKS}`, '{{mountpoint}}'],
            [`predict_linear(node_filesystem_avail_bytes${DISKS}[6h], 86400)`, '{{mountpoint}}, in a day'],
          ],
          bytes,
        ),
        graph(
          5,
          'Disks, share of the time busy',
          [['rate(node_disk_io_time_seconds_total{device!~"loop.*|ram.*|sr.*"}[5m])', '{{device}}']],
          share,
        ),
        graph(7, 'Processes that want to run', [
          ['node_load1', 'within a minute'],
          ['count(node_cpu_seconds_total{mode="idle"})', 'cores'],
        ]),
      ],
    },
    {
      title: 'Proxy',
      across: 6,
      panels: [
        graph(8, 'nginx: connections', [
          ['nginx_connections_active', 'active'],
          ['nginx_connections_waiting', 'waiting'],
          ['nginx_up', 'answers'],
        ]),
        graph(9, 'nginx: requests a second', [['rate(nginx_http_requests_total[1m])', 'requests']]),
        graph(10, 'Ready, asked through nginx', [['probe_success{job="edge"}', 'ready']], { max: 1 }),
        graph(11, 'That answer took', [['probe_duration_seconds{job="edge"}', 'seconds']], seconds),
        graph(
          12,
          'The certificate ends in',
          [['min(probe_ssl_earliest_cert_expiry{job="edge"}) - time()', 'time left']],
          seconds,
        ),
      ],
    },
    {
      title: 'Watching itself',
      across: 3,
      panels: [
        graph(13, 'Targets that answer', [['up', '{{job}} {{instance}}']], { max: 1 }),
        graph(14, 'Alerts delivered, and not', [
          ['sum by (integration) (rate(alertmanager_notifications_total[5m]))', '{{integration}}'],
          [
            'sum by (integration) (rate(alertmanager_notifications_failed_total[5m]))',
            '{{integration}}, failed',
          ],
        ]),
        graph(15, 'Figures kept by Prometheus', [['prometheus_tsdb_head_series', 'series']]),
      ],
    },
  ],
};

export const DASHBOARDS = [overview, realtime, data, jobs, node];
