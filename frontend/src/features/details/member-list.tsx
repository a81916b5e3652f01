import type { Conversation, Me, Member, MemberRole } from '@parley/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { MessageCircle, MoreHorizontal, ShieldCheck, UserMinus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Avatar } from '../../components/ui/avatar.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { ErrorNote } from '../../components/ui/error-note.js';
import { IconButton } from '../../components/ui/icon-button.js';
import { Menu, MenuItem, MenuSeparator } from '../../components/ui/menu.js';
import { Skeleton } from '../../components/ui/skeleton.js';
import { showToast } from '../../components/ui/toaster.js';
import { useClient } from '../../lib/chat/client-context.js';
import { failureText } from '../../lib/failure.js';
import { membersQuery } from '../../lib/queries.js';

const ROLE_LABELS: Record<MemberRole, string> = { owner: 'Owner', admin: 'Admin', member: '' };
const ROLE_ACTIONS: Record<MemberRole, string> = {
  owner: 'Make owner',
  admin: 'Make admin',
  member: 'Make member',
};
const ROLES: readonly MemberRole[] = ['owner', 'admin', 'member'];

export function MemberList({
  conversation,
  me,
  onMessage,
}: {
  conversation: Conversation;
  me: Me;
  onMessage: (userId: string) => void;
}) {
  const client = useClient();
  const queries = useQueryClient();
  const query = membersQuery(client, conversation.id);
  const members = useQuery(query);
  const [removing, setRemoving] = useState<Member | null>(null);
  const myRole = conversation.me.role;

  // Joins, leaves and roles arrive as system messages; each of them moves the head of the log.
  const { memberCount } = conversation;
  const systemRev = conversation.lastMessage?.kind === 'system' ? conversation.lastMessage.rev : 0;
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ['members', conversation.id] });
  }, [queries, conversation.id, memberCount, systemRev]);

  async function changeRole(member: Member, role: MemberRole): Promise<void> {
    try {
      await client.call('PATCH /conversations/:id/members/:userId', {
        params: { id: conversation.id, userId: member.user.id },
        body: { role },
      });
      await queries.invalidateQueries({ queryKey: query.queryKey });
    } catch (error) {
      showToast(failureText(error));
    }
  }

  async function remove(member: Member): Promise<void> {
    try {
      await client.call('DELETE /conversations/:id/members/:userId', {
        params: { id: conversation.id, userId: member.user.id },
      });
    } catch (error) {
      throw new Error(failureText(error), { cause: error });
    }
    await queries.invalidateQueries({ queryKey: query.queryKey });
  }

  if (members.isPending) {
    return (
      <div role="status" aria-label="Loading members" className="flex flex-col gap-4 px-5 py-3">
        {[1, 2, 3].map((line) => (
          <span key={line} className="flex items-center gap-3">
            <Skeleton className="size-8 rounded-full" />
            <Skeleton className="h-3.5 w-36" />
          </span>
        ))}
      </div>
    );
  }
  if (members.isError) {
    return (
      <div className="px-4 py-3">
        <ErrorNote onRetry={() => void members.refetch()}>{failureText(members.error)}</ErrorNote>
      </div>
    );
  }

  return (
    <section aria-label="Members" className="border-t border-line px-2 py-3">
      <h3 className="px-3 pb-1 text-sm font-medium text-ink-2">
        {memberCount === 1 ? '1 member' : `${memberCount} members`}
      </h3>
      <ul>
        {members.data.items.map((member) => {
          const { user, role } = member;
          const self = user.id === me.id;
          const mayChangeRoles = myRole === 'owner' && !self;
          const mayRemove = !self && (myRole === 'owner' || (myRole === 'admin' && role === 'member'));
          return (
            <li key={user.id} className="flex min-h-12 items-center gap-3 rounded-lg px-3">
              <Avatar id={user.id} name={user.displayName} imageUrl={user.avatarUrl} size="sm" />
              <span className="min-w-0 flex-1">
                <span className="block truncate text-sm font-medium">
                  {user.displayName}
                  {self && <span className="font-normal text-ink-2"> (you)</span>}
                </span>
                <span className="block truncate text-xs text-ink-2">@{user.username}</span>
              </span>
              {role !== 'member' && (
                <span className="rounded-full bg-hover px-2 py-0.5 text-xs font-medium text-ink-2">
                  {ROLE_LABELS[role]}
                </span>
              )}
              {!self && (
                <Menu
                  trigger={
                    <IconButton label={`Actions for ${user.displayName}`} className="-mr-2 size-8">
                      <MoreHorizontal className="size-4" aria-hidden="true" />
                    </IconButton>
                  }
                >
                  <MenuItem
                    icon={<MessageCircle className="size-4" aria-hidden="true" />}
                    onSelect={() => onMessage(user.id)}
                  >
                    Message
                  </MenuItem>
                  {mayChangeRoles &&
                    ROLES.filter((next) => next !== role).map((next) => (
                      <MenuItem
                        key={next}
                        icon={<ShieldCheck className="size-4" aria-hidden="true" />}
                        onSelect={() => void changeRole(member, next)}
                      >
                        {ROLE_ACTIONS[next]}
                      </MenuItem>
                    ))}
                  {mayRemove && (
                    <>
                      <MenuSeparator />
                      <MenuItem
                        danger
                        icon={<UserMinus className="size-4" aria-hidden="true" />}
                        onSelect={() => setRemoving(member)}
                      >
                        Remove
                      </MenuItem>
                    </>
                  )}
                </Menu>
              )}
            </li>
          );
        })}
      </ul>
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={`Remove ${removing?.user.displayName ?? ''}?`}
        description="They will no longer see this conversation. Their messages stay."
        action="Remove"
        onConfirm={async () => {
          if (removing !== null) await remove(removing);
        }}
      />
    </section>
  );
}
