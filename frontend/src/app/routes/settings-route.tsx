import { LogOut } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Page } from '../../components/page.js';
import { Button } from '../../components/ui/button.js';
import { AppearanceSettings } from '../../features/settings/appearance-settings.js';
import { PasswordSettings } from '../../features/settings/password-settings.js';
import { ProfileSettings } from '../../features/settings/profile-settings.js';
import { SessionSettings } from '../../features/settings/session-settings.js';
import { useMe } from '../../lib/chat/session.js';
import { useSignOut } from '../use-sign-out.js';

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-4 py-7">
      <h2 className="text-lg font-semibold tracking-tight">{title}</h2>
      {children}
    </section>
  );
}

export function SettingsRoute() {
  const me = useMe();
  const signOut = useSignOut();
  const [leaving, setLeaving] = useState(false);
  return (
    <Page title="Settings">
      <div className="mx-auto max-w-xl divide-y divide-line px-5">
        <Section title="Profile">
          <ProfileSettings me={me} />
        </Section>
        <Section title="Appearance">
          <AppearanceSettings />
        </Section>
        <Section title="Devices">
          <SessionSettings />
        </Section>
        <Section title="Password">
          <PasswordSettings username={me.username} />
        </Section>
        <div className="py-7">
          <Button
            look="quiet"
            busy={leaving}
            onClick={() => {
              setLeaving(true);
              void signOut();
            }}
          >
            <LogOut className="size-4" aria-hidden="true" />
            Sign out
          </Button>
        </div>
      </div>
    </Page>
  );
}
