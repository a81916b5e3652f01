import type { Kind, Outcome, Role } from './rules.js';
import {
  COMMAND_RULES,
  KINDS,
  ADMIN_ROUTES,
  OPEN_ROUTES,
  OWN_COMMANDS,
  OWN_ROUTES,
  ROLES,
  ROUTE_RULES,
  expected,
} from './rules.js';

const SIGNS: Partial<Record<Outcome, string>> = {
  ok: 'yes',
  NOT_FOUND: '404',
  FORBIDDEN: '403',
  CONFLICT: '409',
};
/** Of its own rules a channel has the fewest. */
const ONE_TABLE: Kind = 'private channel';

const HEAD = `# Who may do what

This page is written from the table that the tests go through: \`backend/test/permissions/rules.ts\`. Each cell is tried against a real server, as that person, in that
kind of conversation; where it is refused, the test sees that nothing changed.

A **member** reads the whole log while being one, also what was written before joining or while away; sends, reacts, edits and deletes their own messages, adds people, leaves. An **admin** also
changes title and topic, pins, removes people and deletes any message. An **owner** also changes roles and visibility and deletes the conversation; the last owner hands over before leaving. A
**former member** reads nothing, their own messages included. To a **stranger** it does not exist. A **direct** conversation has two plain members; it is never extended, left or deleted.

Without a token every request is answered \`UNAUTHENTICATED\` (401), with one that has expired \`TOKEN_EXPIRED\` (401), and a socket is not let in at all.

- yes: allowed
- 403 \`FORBIDDEN\`: the role is not enough
- 404 \`NOT_FOUND\`: it does not exist for this person, which is all they learn
- 409 \`CONFLICT\`: nobody can do this here, or not now
`;

/** The text of docs/permissions.md. */
export function renderPermissions(): string {
  const rules = [
    ...ROUTE_RULES.map((rule) => ({ rule, name: rule.route })),
    ...COMMAND_RULES.map((rule) => ({ rule, name: rule.command })),
  ];
  const rows = rules.map(
    ({ rule, name }) =>
      `| ${rule.act} | \`${name}\` | ${ROLES.map((role) => cell(expected(rule, ONE_TABLE, role))).join(' | ')} |`,
  );
  const differences = rules.flatMap(({ rule, name }) =>
    KINDS.flatMap((kind) =>
      (Object.entries(rule.except?.[kind] ?? {}) as [Role, Outcome][]).map(
        ([role, outcome]) => `| ${kind} | ${rule.act} | \`${name}\` | ${role} | ${cell(outcome)} |`,
      ),
    ),
  );
  return `${HEAD}
## In a group or a channel

| Act | Route or command | ${ROLES.join(' | ')} |
|---|---|${ROLES.map(() => '---').join('|')}|
${rows.join('\n')}

One's own messages everybody who is a member may edit and delete.

## Where a kind has a rule of its own

| Kind | Act | Route or command | Role | |
|---|---|---|---|---|
${differences.join('\n')}

## What is nobody else's

Whoever is signed in may, and is told of nothing that is not theirs: ${list([...OWN_ROUTES, ...OWN_COMMANDS])}.

Of the admin of the installation, who registered first, alone: ${list(ADMIN_ROUTES)}.

Open to everybody: ${list(OPEN_ROUTES)}, and what tells nothing of anybody: the documents of the contract. \`/metrics\` is open to who reaches the process; Nginx closes it to the world.
`;
}

function cell(outcome: Outcome): string {
  return SIGNS[outcome] ?? outcome;
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
