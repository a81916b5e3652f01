// Programs of the system that npm does not have: Redis, nginx, Chromium, those that check the rules of Prometheus. One on the PATH is used as it is. Where there is
// none, the system's own packages are unpacked into `.tools/` of the checkout: nothing is installed, and nobody needs to be
// root. `node scripts/tools.mjs redis chromium` brings them by hand.
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TOOLS = join(ROOT, '.tools');
/** Lists that did not come are asked for once more, not for ever: each try takes some seconds. */
const REFRESH_ATTEMPTS = 2;

/**
 * @typedef {{ path: string, env: Record<string, string> }} Tool A program, and what must be set for it to run.
 * @typedef {{ packages: string[], brew: string, commands: string[], unpacked: string[] }} Recipe
 */

/** @type {Record<string, Recipe>} `commands` on the PATH come first; `unpacked` is where the package keeps the program. */
const RECIPES = {
  redis: {
    packages: ['redis-server'],
    brew: 'redis',
    commands: ['redis-server', 'valkey-server'],
    unpacked: ['usr/bin/redis-server'],
  },
  nginx: {
    packages: ['nginx'],
    brew: 'nginx',
    commands: ['nginx', '/usr/sbin/nginx'],
    unpacked: ['usr/sbin/nginx'],
  },
  promtool: {
    packages: ['prometheus'],
    brew: 'prometheus',
    commands: ['promtool'],
    unpacked: ['usr/bin/promtool'],
  },
  // The npm package of PostgreSQL has the server alone. Any version of pgbench talks to any server.
  pgbench: {
    packages: ['postgresql-15'],
    brew: 'postgresql@18',
    commands: ['pgbench'],
    unpacked: ['usr/lib/postgresql/15/bin/pgbench'],
  },
  chromium: {
    // The fonts too: a page without any font shows boxes.
    packages: ['chromium', 'fonts-liberation'],
    brew: 'chromium',
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    // The program itself, not the shell script around it, which knows only the installed place.
    unpacked: ['usr/lib/chromium/chromium'],
  },
};

export class MissingTool extends Error {}

/**
 * The tool, brought where it is missing.
 * @param {keyof typeof RECIPES} name
 * @returns {Tool}
 * @throws {MissingTool} with one sentence that says what to install
 */
export function ensureTool(name) {
  const recipe = RECIPES[name];
  if (!recipe) throw new Error(`no recipe for ${name}`);
  const installed = recipe.commands.map(onPath).find((path) => path !== null);
  if (installed) return { path: installed, env: {} };

  const folder = join(TOOLS, `${name}-${process.arch}`);
  const unpacked = () => recipe.unpacked.map((file) => join(folder, file)).find((path) => existsSync(path));
  if (!unpacked()) bring(name, recipe, folder);
  const path = unpacked();
  if (!path) throw missing(name, recipe, 'the unpacked package does not hold it');
  return { path, env: environmentOf(folder) };
}

/** @param {string} command @returns {string | null} */
function onPath(command) {
  const candidates = command.startsWith('/')
    ? [command]
    : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, command));
  for (const candidate of candidates) {
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
    } catch {
      // Not here.
    }
  }
  return null;
}

/** @param {string} name @param {Recipe} recipe @param {string} folder */
function bring(name, recipe, folder) {
  if (process.platform === 'darwin' && onPath('brew')) {
    const { status } = spawnSync('brew', ['install', recipe.brew], { stdio: 'inherit' });
    if (status !== 0) throw missing(name, recipe, 'Homebrew could not install it');
    return;
  }
  if (!onPath('apt-get') || !onPath('dpkg-deb')) throw missing(name, recipe, 'this system has no apt-get');
  // A folder of this process alone, put in place by one rename: two starts at once, or one that is killed, leave no half tool.
  const draft = `${folder}.${process.pid}`;
  removeDrafts(folder);
  const root = join(draft, 'root');
  mkdirSync(root, { recursive: true });
  try {
    const apt = aptOf(draft);
    let answer = packagesToFetch(apt, recipe);
    let refreshed = '';
    if (!answer.packages) {
      refreshed = refreshLists(apt);
      answer = packagesToFetch(apt, recipe);
    }
    if (!answer.packages) throw missing(name, recipe, [answer.fault, refreshed].filter(Boolean).join('; '));
    let fetched = apt.run(['download', ...answer.packages]);
    if (fetched.status !== 0) {
      // Lists of some days ago name versions that the mirror has replaced since.
      refreshLists(apt);
      fetched = apt.run(['download', ...(packagesToFetch(apt, recipe).packages ?? answer.packages)]);
    }
    if (fetched.status !== 0)
      throw missing(name, recipe, `apt-get could not download it: ${lastLine(fetched.stderr)}`);
    for (const file of readdirSync(draft).filter((entry) => entry.endsWith('.deb'))) {
      const { status, stderr } = spawnSync('dpkg-deb', ['-x', join(draft, file), root], { encoding: 'utf8' });
      if (status !== 0) throw missing(name, recipe, `dpkg-deb failed: ${lastLine(stderr)}`);
    }
    writeFontConfiguration(root, folder);
    if (!existsSync(folder)) renameSync(root, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Of this process id, and of those that were killed. */
function removeDrafts(folder) {
  if (!existsSync(TOOLS)) return;
  for (const entry of readdirSync(TOOLS)) {
    const path = join(TOOLS, entry);
    const pid = Number(path.startsWith(`${folder}.`) ? path.slice(folder.length + 1) : Number.NaN);
    if (Number.isNaN(pid)) continue;
    try {
      if (pid !== process.pid) process.kill(pid, 0);
      if (pid === process.pid) rmSync(path, { recursive: true, force: true });
    } catch {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

/** apt-get with state of its own, so that nobody needs to be root; what the system has installed it still knows. */
function aptOf(draft) {
  const state = join(TOOLS, 'apt');
  const own = join(state, 'lists');
  mkdirSync(join(own, 'partial'), { recursive: true });
  mkdirSync(join(state, 'archives', 'partial'), { recursive: true });
  const settings = (lists) =>
    [
      `Dir::State::lists=${lists}`,
      'Dir::State::status=/var/lib/dpkg/status',
      `Dir::Cache=${state}`,
      `Dir::Cache::archives=${join(state, 'archives')}`,
      'Debug::NoLocking=1',
      // Root would otherwise hand the download to a user who may not write here.
      'APT::Sandbox::User=root',
      'APT::Get::AllowUnauthenticated=false',
    ].flatMap((setting) => ['-o', setting]);
  // The system's lists are used while there are any and they are whole.
  let lists = hasLists('/var/lib/apt/lists') && !hasLists(own) ? '/var/lib/apt/lists' : own;
  return {
    run: (args) =>
      spawnSync('apt-get', [...settings(lists), ...args], {
        cwd: draft,
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C' },
      }),
    useOwnLists: () => {
      lists = own;
    },
  };
}

function hasLists(folder) {
  try {
    return readdirSync(folder).some((file) => file.endsWith('_Packages') || file.endsWith('_Packages.lz4'));
  } catch {
    return false;
  }
}

/** Fetches the lists anew. Returns what went wrong, or nothing: one source may fail while the lists that matter came. */
function refreshLists(apt) {
  apt.useOwnLists();
  for (let attempt = 1; ; attempt += 1) {
    const { status, stderr } = apt.run(['update', '-q']);
    if (status === 0 && !/^[EW]: /m.test(stderr)) return '';
    // A mirror that is just being synchronised, or a name server that hiccups, is well again at the next try.
    // Its last line only counts the files that failed; the first says why.
    if (attempt === REFRESH_ATTEMPTS) return `apt-get update: ${/^[EW]: .*/m.exec(stderr)?.[0] ?? 'failed'}`;
  }
}

/** The packages and those of their dependencies that the system lacks; without `packages` where apt-get can not tell, and why. */
function packagesToFetch(apt, recipe) {
  const { status, stdout, stderr } = apt.run([
    'install',
    '--no-install-recommends',
    '--print-uris',
    '--yes',
    '-qq',
    ...recipe.packages,
  ]);
  if (status !== 0) return { packages: null, fault: `apt-get: ${lastLine(stderr)}` };
  // 'uri' name_version_arch.deb size hash
  const packages = [...stdout.matchAll(/^'[^']+' ([^_\s]+)_[^_\s]+_[^_\s]+\.deb /gm)].map(([, name]) => name);
  // One that is installed but does not work from the PATH is unpacked all the same.
  return { packages: packages.length > 0 ? packages : recipe.packages, fault: '' };
}

/** Folders with libraries, nearest first. */
function environmentOf(folder) {
  const libraries = [];
  const visit = (path, depth) => {
    let entries;
    try {
      entries = readdirSync(path, { withFileTypes: true });
    } catch {
      return;
    }
    if (entries.some((entry) => /\.so(\.|$)/.test(entry.name))) libraries.push(path);
    if (depth === 0) return;
    for (const entry of entries) if (entry.isDirectory()) visit(join(path, entry.name), depth - 1);
  };
  visit(join(folder, 'lib'), 2);
  visit(join(folder, 'usr', 'lib'), 2);
  const fonts = join(folder, 'fonts.conf');
  return {
    LD_LIBRARY_PATH: [...libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    ...(existsSync(fonts) ? { FONTCONFIG_FILE: fonts } : {}),
  };
}

/** The packages' own configuration names the installed place; without a font a page shows boxes. */
function writeFontConfiguration(root, folder) {
  if (!existsSync(join(root, 'usr/share/fonts'))) return;
  writeFileSync(
    join(root, 'fonts.conf'),
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${join(folder, 'usr/share/fonts')}</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <include ignore_missing="yes">${join(folder, 'etc/fonts/conf.d')}</include>
  <alias><family>sans-serif</family><prefer><family>Liberation Sans</family></prefer></alias>
  <alias><family>serif</family><prefer><family>Liberation Serif</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>Liberation Mono</family></prefer></alias>
</fontconfig>
`,
  );
}

function missing(name, recipe, why) {
  const command =
    process.platform === 'darwin'
      ? `brew install ${recipe.brew}`
      : `apt-get install ${recipe.packages.join(' ')}`;
  return new MissingTool(
    `${name} is missing and could not be brought (${why}); install it, for example with: ${command}`,
  );
}

function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const name of process.argv.slice(2)) console.log(`${name}: ${ensureTool(name).path}`);
  } catch (error) {
    if (!(error instanceof MissingTool)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
