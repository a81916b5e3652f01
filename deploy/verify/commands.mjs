// The commands of PRODUCTION_DEPLOYMENT.md: which of them the checks type, and why the others are not typed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = 'PRODUCTION_DEPLOYMENT.md';

/** By how a block begins: `null` where a check types it as it stands, else why none does. */
export const COMMANDS = {
  'export COMPOSE_FILE=': 'set around each of the others',
  'git clone ': null,
  'k6 run load-test.js': null,
  'docker compose exec backend npx prisma migrate deploy': null,
  'docker run --rm -v parley_acme:/var/www -v /etc/letsencrypt:/etc/letsencrypt certbot/certbot \\':
    'a certificate authority gives nothing to a machine without a name in public DNS',
  'install -d -m 0755 /etc/parley/tls': 'it writes to /etc of the machine',
  'cat > /etc/cron.weekly/parley-certificate': 'as the first certificate',
  'docker compose exec nginx nginx -c /run/nginx/nginx.conf -s reload': null,
  'docker compose up -d --no-recreate --scale backend=4': null,
  'docker compose exec grafana cat': null,
  'docker compose logs --no-log-prefix': null,
  'npm run verify -- --target': '`npm run verify` is a proof of its own, on instances that it starts',
  'docker compose exec -T postgres pg_dump': null,
  'docker compose cp backend:/run/secrets': null,
  'docker compose stop backend worker': null,
  'for name in access_token_secret': null,
  'git pull': 'there is nothing newer to pull; what follows it is what each run does',
  'docker compose run --rm --no-deps migrate': null,
  'docker compose up -d --force-recreate': null,
  'docker compose down': 'it deletes the database; the dump and its restore are typed',
};

/** { text, marked } of each block; ✔ stands in the paragraph before it. */
export function blocksOf(page) {
  return [...page.matchAll(/([^\n]*\n*)\n```bash\n(.*?)^```$/gms)].map(([, before, text]) => ({
    text,
    marked: before.includes('✔'),
  }));
}

/** The longest beginning that fits; a shorter one may be that of another block too. */
export function beginningOf(text) {
  const fitting = Object.keys(COMMANDS).filter((begins) => text.startsWith(begins));
  return fitting.sort((a, b) => b.length - a.length)[0];
}

/** A block as it stands on the page of the checkout that is tried. */
export function commands(stack, begins) {
  const page = readFileSync(join(stack.folder, PAGE), 'utf8');
  const found = blocksOf(page).find(({ text }) => beginningOf(text) === begins);
  if (!found) throw new Error(`no block of ${PAGE} begins with ${begins}`);
  return found.text;
}
