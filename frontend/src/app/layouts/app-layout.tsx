import { Outlet, useLocation, useNavigate, useParams } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { ConnectionBanner } from '../../features/connection/connection-banner.js';
import { ConversationList } from '../../features/conversations/conversation-list.js';
import { classNames } from '../../lib/class-names.js';
import { useClient } from '../../lib/chat/client-context.js';
import { useConversations } from '../../lib/chat/conversations.js';
import { useAuth, useMe } from '../../lib/chat/session.js';
import { useObservable } from '../../lib/chat/use-observable.js';
import { openDrafts } from '../../lib/drafts.js';
import { Redirect } from '../redirect.js';
import { useIdlePresence } from '../use-idle-presence.js';
import { useUnreadBadge } from '../use-unread-badge.js';
import { SidebarHeader } from './sidebar-header.js';

const StartDialog = lazy(async () => ({
  default: (await import('../../features/start/start-dialog.js')).StartDialog,
}));
const QuickSwitcher = lazy(async () => ({
  default: (await import('../../features/switcher/quick-switcher.js')).QuickSwitcher,
}));

/** The server is told at most so many people to watch. */
const WATCHED_MAX = 200;

/** Everything that needs somebody signed in. */
export function AppLayout() {
  const auth = useAuth();
  if (auth.status !== 'signed-in') return <ToSignIn />;
  // Another person on the same page starts from nothing.
  return <Shell key={auth.user.id} />;
}

function ToSignIn() {
  const { href } = useLocation();
  // Where the visitor wanted to go: the address of the first render, as it changes under way.
  const [wanted] = useState(href);
  return <Redirect href={wanted === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(wanted)}`} />;
}

function Shell() {
  const client = useClient();
  const me = useMe();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const { conversationId } = useParams({ strict: false });
  const conversations = useConversations();
  const synced = useObservable(client.synced);
  const [dialog, setDialog] = useState<'start' | 'switch' | null>(null);
  const atHome = pathname === '/';

  useState(() => openDrafts(me.id));
  useIdlePresence();
  useUnreadBadge(conversations, me.id, conversationId);

  const names = useMemo(
    () => conversations.flatMap(({ lastMessage }) => (lastMessage === null ? [] : [lastMessage.senderId])),
    [conversations],
  );
  useEffect(() => client.ensurePeople(names), [client, names]);

  const watched = conversations
    .filter((held) => held.kind === 'direct')
    .flatMap((held) => held.participants.filter((user) => user.id !== me.id).map((user) => user.id))
    .slice(0, WATCHED_MAX)
    .join(',');
  useEffect(() => {
    if (synced && watched !== '') client.watchPresence(watched.split(','));
  }, [client, synced, watched]);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (
        event.key.toLowerCase() !== 'k' ||
        !(event.metaKey || event.ctrlKey) ||
        event.altKey ||
        event.shiftKey
      ) {
        return;
      }
      event.preventDefault();
      setDialog((shown) => (shown === 'switch' ? null : 'switch'));
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);

  const open = useCallback(
    (id: string) => void navigate({ to: '/c/$conversationId', params: { conversationId: id } }),
    [navigate],
  );

  return (
    <div className="flex h-dvh flex-col bg-rail">
      <ConnectionBanner />
      <div className="relative flex min-h-0 flex-1">
        <nav
          aria-label="Conversations"
          className={classNames(
            'pad-safe-top pad-safe-bottom w-full shrink-0 flex-col border-line bg-rail md:flex md:w-76 md:border-r lg:w-84',
            atHome ? 'flex' : 'hidden',
          )}
        >
          <SidebarHeader me={me} onStart={() => setDialog('start')} onSwitch={() => setDialog('switch')} />
          <ConversationList
            status={synced || conversations.length > 0 ? 'ready' : 'loading'}
            conversations={conversations}
            meId={me.id}
            openId={conversationId}
            onStart={() => setDialog('start')}
          />
        </nav>
        <Outlet />
      </div>
      <Suspense>
        <StartDialog
          open={dialog === 'start'}
          onOpenChange={(shown) => setDialog(shown ? 'start' : null)}
          onStarted={(conversation) => open(conversation.id)}
        />
        <QuickSwitcher
          open={dialog === 'switch'}
          onOpenChange={(shown) => setDialog(shown ? 'switch' : null)}
          onOpen={open}
        />
      </Suspense>
    </div>
  );
}
