// nginx with the shipped nginx.conf, for the cluster and the tests.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ManagedProcess, answers, childrenOf } from './managed-process.mjs';
import { HOST, ROOT } from './places.mjs';
import { ensureTool } from './tools.mjs';

/** As docker-compose.production.yml allows by default. */
const OPEN_FILES = 65_536;
/** Load tests, the checker and the bench come from here, each as hundreds of people. */
const LOOPBACK = '127.0.0.0/8';

/** Nobody may raise the hard limit; where it is unknown (no /proc), nginx keeps to what most systems allow. */
function openFilesAllowed() {
  try {
    const [, hard] = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return hard === 'unlimited' ? OPEN_FILES : Math.min(OPEN_FILES, Number(hard));
  } catch {
    return 4_096;
  }
}

/** Fills the template; the line with a server stands once for each address. */
function renderProxyConfig(values, backends) {
  return readFileSync(join(ROOT, 'nginx.conf'), 'utf8')
    .split('\n')
    .flatMap((line) =>
      line.includes('${BACKEND}') && !line.trimStart().startsWith('#')
        ? backends.map((backend) => line.replace('${BACKEND}', backend))
        : [line],
    )
    .join('\n')
    .replace(/\$\{([A-Z0-9_]+)\}/g, (whole, name) => values[name] ?? whole);
}

/** `values` stand over those of this machine; `reload` takes other backends. */
export function makeProxy({ dataDir, port, logFile, backends, s3Url, values = {} }) {
  const tool = ensureTool('nginx');
  const folder = join(dataDir, 'nginx');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const web = join(ROOT, 'frontend', 'dist');
  const config = join(folder, 'nginx.conf');
  const write = (addresses) => {
    const filled = {
      LISTEN: `${HOST}:${port}`,
      RUN_DIR: folder,
      INCLUDE_DIR: join(folder, 'include'),
      WEB_ROOT: existsSync(web) ? web : folder,
      S3_PUBLIC_ORIGIN: s3Url,
      WORKERS: 'auto',
      OPEN_FILES: String(openFilesAllowed()),
      UNLIMITED: LOOPBACK,
      ...values,
    };
    writeFileSync(config, renderProxyConfig(filled, addresses));
  };
  write(backends);
  const nginx = new ManagedProcess({
    name: 'nginx',
    port,
    url: `http://${HOST}:${port}`,
    logFile,
    launch: () => ({
      command: tool.path,
      args: ['-p', folder, '-c', config, '-e', 'stderr', '-g', 'daemon off;'],
      env: { ...process.env, ...tool.env },
    }),
    isReady: () => answers(`http://${HOST}:${port}/health`),
  });
  nginx.reload = (addresses = backends) => {
    write(addresses);
    process.kill(nginx.pid, 'SIGHUP');
  };
  nginx.workerPids = () => (nginx.pid === null ? [] : childrenOf(nginx.pid));
  return nginx;
}
