import type { Conversation, Me } from '@parley/protocol';
import { Hash, Lock, LogOut, Pencil, UserPlus, X } from 'lucide-react';
import { useState } from 'react';
import { ConversationAvatar } from '../../components/conversation-avatar.js';
import { Button } from '../../components/ui/button.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { IconButton } from '../../components/ui/icon-button.js';
import { useClient } from '../../lib/chat/client-context.js';
import { conversationTitle } from '../../lib/conversation-title.js';
import { failureText } from '../../lib/failure.js';
import { AddPeopleDialog } from './add-people-dialog.js';
import { EditConversationDialog } from './edit-conversation-dialog.js';
import { MemberList } from './member-list.js';

export function DetailsPanel({
  conversation,
  me,
  onClose,
  onLeft,
  onMessage,
}: {
  conversation: Conversation;
  me: Me;
  onClose: () => void;
  onLeft: () => void;
  onMessage: (userId: string) => void;
}) {
  const client = useClient();
  const [dialog, setDialog] = useState<'edit' | 'add' | 'leave' | null>(null);
  const direct = conversation.kind === 'direct';
  const moderates = !direct && conversation.me.role !== 'member';
  const title = conversationTitle(conversation, me.id);
  const other = direct ? conversation.participants.find((user) => user.id !== me.id) : undefined;

  async function leave(): Promise<void> {
    try {
      await client.call('POST /conversations/:id/leave', { params: { id: conversation.id } });
    } catch (error) {
      throw new Error(failureText(error), { cause: error });
    }
    onLeft();
  }

  return (
    <aside
      aria-label="Conversation details"
      onKeyDown={(event) => {
        // A dialog or menu opened from here takes its own Escape first.
        if (event.key === 'Escape' && event.currentTarget.contains(event.target as Node)) onClose();
      }}
      className="pad-safe-top pad-safe-bottom absolute inset-0 z-20 flex flex-col bg-canvas md:left-auto md:w-88 md:border-l md:border-line md:shadow-raised xl:static xl:shrink-0 xl:shadow-none"
    >
      <div className="flex h-14.25 shrink-0 items-center justify-between border-b border-line pr-2 pl-4">
        <h2 className="font-semibold tracking-tight">Details</h2>
        <IconButton label="Close details" onClick={onClose}>
          <X className="size-5" aria-hidden="true" />
        </IconButton>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain">
        <div className="flex flex-col items-center gap-1 px-5 pt-6 pb-5 text-center">
          <ConversationAvatar conversation={conversation} meId={me.id} size="lg" />
          <p className="mt-2 text-lg font-semibold tracking-tight [overflow-wrap:anywhere]">{title}</p>
          {other !== undefined && <p className="text-sm text-ink-2">@{other.username}</p>}
          {!direct && (
            <p className="flex items-center gap-1.5 text-sm text-ink-2">
              {conversation.visibility === 'public' ? (
                <Hash className="size-3.5" aria-hidden="true" />
              ) : (
                <Lock className="size-3.5" aria-hidden="true" />
              )}
              {conversation.visibility === 'public' ? 'Public' : 'Private'} {conversation.kind}
            </p>
          )}
          {conversation.topic !== null && conversation.topic !== '' && (
            <p className="mt-2 text-sm [overflow-wrap:anywhere] whitespace-pre-wrap text-ink">
              {conversation.topic}
            </p>
          )}
          {!direct && (
            <div className="mt-4 flex flex-wrap justify-center gap-2">
              {moderates && (
                <Button look="quiet" size="small" onClick={() => setDialog('edit')}>
                  <Pencil className="size-4" aria-hidden="true" />
                  Edit
                </Button>
              )}
              <Button look="quiet" size="small" onClick={() => setDialog('add')}>
                <UserPlus className="size-4" aria-hidden="true" />
                Add people
              </Button>
            </div>
          )}
        </div>
        {!direct && <MemberList conversation={conversation} me={me} onMessage={onMessage} />}
        {!direct && (
          <div className="border-t border-line p-3">
            <Button look="plainDanger" className="w-full justify-start" onClick={() => setDialog('leave')}>
              <LogOut className="size-4" aria-hidden="true" />
              Leave {conversation.kind === 'channel' ? 'channel' : 'group'}
            </Button>
          </div>
        )}
      </div>
      <AddPeopleDialog
        conversation={conversation}
        open={dialog === 'add'}
        onOpenChange={(open) => setDialog(open ? 'add' : null)}
      />
      <EditConversationDialog
        conversation={conversation}
        open={dialog === 'edit'}
        onOpenChange={(open) => setDialog(open ? 'edit' : null)}
      />
      <ConfirmDialog
        open={dialog === 'leave'}
        onOpenChange={(open) => setDialog(open ? 'leave' : null)}
        title={`Leave ${title}?`}
        description={
          conversation.visibility === 'public'
            ? 'You will no longer see its messages. You can join again at any time.'
            : 'You will no longer see its messages, and only a member can add you again.'
        }
        action="Leave"
        onConfirm={leave}
      />
    </aside>
  );
}
