import type { Conversation, Me, Message } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { showToast } from '../../components/ui/toaster.js';
import { Composer, type ComposerMode } from '../../features/composer/composer.js';
import { SendPause } from '../../features/composer/send-pause.js';
import { TypingLine } from '../../features/composer/typing-line.js';
import { ConversationHeader } from '../../features/conversation/conversation-header.js';
import { DetailsPanel } from '../../features/details/details-panel.js';
import { TimelineView } from '../../features/timeline/timeline-view.js';
import { useMessageCommands } from '../../features/timeline/use-message-commands.js';
import { changeMembership, type MembershipChange } from '../../lib/chat/change-membership.js';
import { useClient } from '../../lib/chat/client-context.js';
import { useNameOf } from '../../lib/chat/people.js';
import { useTimeline } from '../../lib/chat/timeline.js';
import { useObservable } from '../../lib/chat/use-observable.js';
import { conversationTitle } from '../../lib/conversation-title.js';
import { failureText } from '../../lib/failure.js';
import { NotHere } from './not-here.js';

export function ConversationScreen({
  conversation,
  me,
  detailsOpen,
}: {
  conversation: Conversation;
  me: Me;
  detailsOpen: boolean;
}) {
  const client = useClient();
  const navigate = useNavigate();
  const nameOf = useNameOf();
  const { timeline, snapshot } = useTimeline(conversation.id);
  const outbox = useObservable(client.outbox);
  const presence = useObservable(client.presence);
  const [mode, setMode] = useState<ComposerMode>({ type: 'new' });
  const [deleting, setDeleting] = useState<Message | null>(null);
  const title = conversationTitle(conversation, me.id);
  const other =
    conversation.kind === 'direct' ? conversation.participants.find(({ id }) => id !== me.id) : undefined;

  const change = useCallback(
    (change: MembershipChange) => {
      changeMembership(client, conversation.id, change).catch((error: unknown) =>
        showToast(failureText(error)),
      );
    },
    [client, conversation.id],
  );

  // Opening takes the mark away that said "come back here". Only opening: the mark can be set while it is open.
  const [markedAtOpening] = useState(conversation.me.markedUnread);
  useEffect(() => {
    if (markedAtOpening) change({ markedUnread: false });
  }, [markedAtOpening, change]);

  const screenCommands = useMemo(
    () => ({
      reply: (message: Message) =>
        setMode({ type: 'reply', message, name: nameOf(message.senderId) ?? 'Someone' }),
      edit: (message: Message) => setMode({ type: 'edit', message }),
      remove: setDeleting,
    }),
    [nameOf],
  );
  const commands = useMessageCommands(screenCommands);

  function toggleDetails(): void {
    void navigate({
      to: '/c/$conversationId',
      params: { conversationId: conversation.id },
      search: detailsOpen ? {} : { details: true },
      replace: detailsOpen,
    });
  }

  async function message(userId: string): Promise<void> {
    try {
      const direct = await client.call('POST /conversations', {
        body: { kind: 'direct', memberIds: [userId] },
      });
      client.upsertConversation(direct);
      await navigate({ to: '/c/$conversationId', params: { conversationId: direct.id } });
    } catch (error) {
      showToast(failureText(error));
    }
  }

  function editLast(): void {
    const own = snapshot.messages.findLast(
      (held) => held.senderId === me.id && held.kind === 'text' && held.deletedAt === null,
    );
    if (own !== undefined) setMode({ type: 'edit', message: own });
  }

  // The list may still hold what somebody was just removed from.
  if (snapshot.error?.code === 'NOT_FOUND') return <NotHere />;
  return (
    <>
      <main className="relative flex min-w-0 flex-1 flex-col bg-canvas">
        <ConversationHeader
          conversation={conversation}
          me={me}
          presence={other === undefined ? null : (presence.get(other.id)?.status ?? null)}
          detailsOpen={detailsOpen}
          onToggleDetails={toggleDetails}
          onChange={change}
        />
        <TimelineView
          conversation={conversation}
          me={me}
          timeline={timeline}
          snapshot={snapshot}
          commands={commands}
        />
        <div className="pad-safe-bottom shrink-0">
          <TypingLine typing={snapshot.typing} nameOf={nameOf} />
          <SendPause outbox={outbox} />
          <Composer
            conversation={conversation}
            placeholder={`Message ${title}`}
            mode={mode}
            onModeChange={setMode}
            onSend={(text) =>
              client.send(conversation.id, text, mode.type === 'reply' ? { replyToId: mode.message.id } : {})
            }
            onEdit={(edited, text) => {
              client.editMessage(edited.id, text).catch((error: unknown) => showToast(failureText(error)));
            }}
            onEditLast={editLast}
          />
        </div>
        <ConfirmDialog
          open={deleting !== null}
          onOpenChange={(open) => !open && setDeleting(null)}
          title="Delete this message?"
          description="It is deleted for everybody. Its place in the conversation stays."
          action="Delete"
          onConfirm={async () => {
            if (deleting === null) return;
            try {
              await client.deleteMessage(deleting.id);
            } catch (error) {
              throw new Error(failureText(error), { cause: error });
            }
          }}
        />
      </main>
      {detailsOpen && (
        <DetailsPanel
          conversation={conversation}
          me={me}
          onClose={toggleDetails}
          onLeft={() => void navigate({ to: '/' })}
          onMessage={(userId) => void message(userId)}
        />
      )}
    </>
  );
}
