import { useNavigate } from '@tanstack/react-router';
import { Page } from '../../components/page.js';
import { ChannelBrowser } from '../../features/channels/channel-browser.js';

export function ChannelsRoute() {
  const navigate = useNavigate();
  return (
    <Page title="Channels">
      <ChannelBrowser
        onOpen={(conversationId) => void navigate({ to: '/c/$conversationId', params: { conversationId } })}
      />
    </Page>
  );
}
