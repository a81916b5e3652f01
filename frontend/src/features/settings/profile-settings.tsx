import type { Me } from '@parley/protocol';
import { DISPLAY_NAME_MAX } from '@parley/protocol/limits';
import { codePointLength, hasVisibleCharacter } from '@parley/protocol/text';
import { useState, type SubmitEvent } from 'react';
import { Avatar } from '../../components/ui/avatar.js';
import { Button } from '../../components/ui/button.js';
import { ErrorNote } from '../../components/ui/error-note.js';
import { TextField } from '../../components/ui/text-field.js';
import { showToast } from '../../components/ui/toaster.js';
import { useClient } from '../../lib/chat/client-context.js';
import { failureText, fieldFailures } from '../../lib/failure.js';

export function ProfileSettings({ me }: { me: Me }) {
  const client = useClient();
  const [name, setName] = useState(me.displayName);
  const [email, setEmail] = useState(me.email ?? '');
  const [complaints, setComplaints] = useState<{ displayName?: string; email?: string }>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const displayName = name.trim();
  const changed = displayName !== me.displayName || email.trim() !== (me.email ?? '');

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setFailure(null);
    if (!hasVisibleCharacter(displayName)) {
      setComplaints({ displayName: 'Enter a name.' });
      return;
    }
    if (codePointLength(displayName) > DISPLAY_NAME_MAX) {
      setComplaints({ displayName: `Use at most ${DISPLAY_NAME_MAX} characters.` });
      return;
    }
    setComplaints({});
    setBusy(true);
    try {
      await client.changeMe({
        ...(displayName === me.displayName ? {} : { displayName }),
        ...(email.trim() === (me.email ?? '') ? {} : { email: email.trim() === '' ? null : email.trim() }),
      });
      showToast('Saved');
    } catch (error) {
      const fields = fieldFailures(error, ['displayName', 'email']);
      setComplaints(fields);
      if (Object.keys(fields).length === 0) setFailure(failureText(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <div className="flex items-center gap-4">
        <Avatar
          id={me.id}
          name={displayName === '' ? me.username : displayName}
          imageUrl={me.avatarUrl}
          size="lg"
        />
        <div className="min-w-0">
          <p className="truncate text-lg font-semibold tracking-tight">{me.displayName}</p>
          <p className="truncate text-ink-2">
            @{me.username}
            {me.role === 'admin' && ' · Administrator'}
          </p>
        </div>
      </div>
      {failure !== null && <ErrorNote>{failure}</ErrorNote>}
      <TextField
        label="Name"
        autoComplete="name"
        value={name}
        onValueChange={setName}
        error={complaints.displayName}
      />
      <TextField
        label="E-mail"
        optional
        type="email"
        autoComplete="email"
        value={email}
        onValueChange={setEmail}
        error={complaints.email}
      />
      <div>
        <Button type="submit" busy={busy} disabled={!changed}>
          Save
        </Button>
      </div>
    </form>
  );
}
