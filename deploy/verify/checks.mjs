// What must hold of the running stack, each by looking at it from outside: through nginx, in Prometheus, or as Docker sees it.
import {
  hasFewRights,
  hasLimits,
  keepsDatabasesInside,
  migratesWithoutNetwork,
  tellsWhatImagesAre,
} from './containers.mjs';
import {
  followsARequest,
  keepsItsInstances,
  readsChangedConfiguration,
  reloadsNginx,
  replacesOneAfterTheOther,
  restoresABackup,
  tellsTheGrafanaPassword,
} from './documented.mjs';
import { faultsAreAlerted, postgresIsAlerted } from './faults.mjs';
import { believesTrustedProxies, fillsTheEnvFile, keepsSecrets } from './filled.mjs';
import { panelsHaveData, rulesAreTested, seesEveryTarget } from './monitoring.mjs';
import {
  chatsOverReplicas,
  drains,
  keepsData,
  noticesScale,
  passesTheLoadTest,
  reachesTheFileStore,
  seesWhoAsks,
  servesTheWeb,
  survivesAKill,
} from './traffic.mjs';

/** [name, check] in the order in which they run; each gets { engine, stack, state }. */
const CHECKS = [
  ['npx prisma migrate deploy, with PostgreSQL alone in reach', migratesWithoutNetwork],
  ['no container may more than it needs', hasFewRights],
  ['databases have no way out and no port', keepsDatabasesInside],
  ['every container has limits, rotated logs, health', hasLimits],
  ['images tell what they are made of, and are small', tellsWhatImagesAre],
  ['HTTPS, headers, compressed files; no figures outside', servesTheWeb],
  ['sign-up, and a chat over two replicas', chatsOverReplicas],
  ['a session tells the address of the person, not of nginx', seesWhoAsks],
  ['a request is followed by its id through the logs', followsARequest],
  ['nginx reads a new certificate, and sockets stay', reloadsNginx],
  ['what changed in the checkout is read as the page says', readsChangedConfiguration],
  ['one connection is one file store, one bucket', reachesTheFileStore],
  ['--scale backend=3 is noticed without a reload', noticesScale],
  ['a killed replica is left at once, nothing is lost', survivesAKill],
  ['a replica told to stop drains and ends with 0', drains],
  ['Prometheus sees every target; every rule works', seesEveryTarget],
  ['promtool and amtool: rules, tests of every alert', rulesAreTested],
  ['BACKEND_REPLICAS keeps three', keepsItsInstances],
  ['all instances are replaced under load, nothing is lost', replacesOneAfterTheOther],
  ['k6 run load-test.js, the short form, through nginx', passesTheLoadTest],
  ['each panel asks for something that is there', panelsHaveData],
  ['the password of Grafana is where the page says', tellsTheGrafanaPassword],
  ['down and up keep accounts, messages and secrets', keepsData],
  ['a backup is made and restored as the page says', restoresABackup],
  ['a filled .env counts: secrets, webhook, proxies', fillsTheEnvFile],
  ['X-Forwarded-For of a trusted proxy is believed', believesTrustedProxies],
  ['alerts of three faults at once reach people, and end', faultsAreAlerted],
  ['PostgreSQL stopped, and frozen: one page, and all of it comes back', postgresIsAlerted],
  ['no secret stands in a log or in docker inspect', keepsSecrets],
];

/**
 * Most of the time of a whole run: they wait for Prometheus and Alertmanager to notice, to tell and to forget. Those beside them
 * need the filled .env.
 */
const LEFT_OUT_WHERE_SHORT = new Set([
  fillsTheEnvFile,
  believesTrustedProxies,
  faultsAreAlerted,
  postgresIsAlerted,
  keepsSecrets,
]);

export function checksOf({ short }) {
  return short ? CHECKS.filter(([, check]) => !LEFT_OUT_WHERE_SHORT.has(check)) : CHECKS;
}
