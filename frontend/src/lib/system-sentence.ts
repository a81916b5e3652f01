import type { Id, MemberRole, System } from '@parley/protocol';

/** The name of a person; `null` while it is not known. */
export type NameOf = (userId: Id) => string | null;

export interface SystemSentenceContext {
  meId: Id;
  senderId: Id;
  nameOf: NameOf;
}

const ROLES: Record<MemberRole, string> = { owner: 'an owner', admin: 'an admin', member: 'a member' };

/** More names than these make a line nobody reads. */
const NAMES_SHOWN = 3;

function list(parts: string[]): string {
  return new Intl.ListFormat('en', { style: 'long', type: 'conjunction' }).format(parts);
}

function people(userIds: Id[], { meId, nameOf }: SystemSentenceContext, you: string): string {
  const shown = userIds.slice(0, NAMES_SHOWN).map((id) => (id === meId ? you : (nameOf(id) ?? 'someone')));
  const more = userIds.length - shown.length;
  return list(more > 0 ? [...shown, `${more} ${more === 1 ? 'other' : 'others'}`] : shown);
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

/** Tells a system message in words. `null`: a kind that this client does not know. */
export function systemSentence(system: System, context: SystemSentenceContext): string | null {
  const sender = people([context.senderId], context, 'you');
  const who = capital(sender);
  switch (system.type) {
    case 'created':
      return `${who} started the conversation`;
    case 'members-added':
      return `${who} added ${people(system.userIds, context, 'you')}`;
    case 'members-removed':
      return `${who} removed ${people(system.userIds, context, 'you')}`;
    case 'joined':
      return `${capital(people(system.userIds, context, 'you'))} joined`;
    case 'left':
      return `${capital(people(system.userIds, context, 'you'))} left`;
    case 'title':
      return system.to === null ? `${who} removed the title` : `${who} changed the title to “${system.to}”`;
    case 'topic':
      return system.to === null || system.to === ''
        ? `${who} removed the topic`
        : `${who} changed the topic to “${system.to}”`;
    case 'visibility':
      return system.to === 'public' ? `${who} made this channel public` : `${who} made this channel private`;
    case 'role':
      return `${who} made ${people([system.userId], context, 'you')} ${ROLES[system.to]}`;
    default:
      return null;
  }
}
