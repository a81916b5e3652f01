import { PASSWORD_MAX, PASSWORD_MIN } from '@parley/protocol/limits';
import { codePointLength } from '@parley/protocol/text';
import { useState, type SubmitEvent } from 'react';
import { Button } from '../../components/ui/button.js';
import { ErrorNote } from '../../components/ui/error-note.js';
import { TextField } from '../../components/ui/text-field.js';
import { showToast } from '../../components/ui/toaster.js';
import { useClient } from '../../lib/chat/client-context.js';
import { failureCode, failureText, fieldFailures } from '../../lib/failure.js';

export function PasswordSettings({ username }: { username: string }) {
  const client = useClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [complaints, setComplaints] = useState<{ current?: string; next?: string }>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setFailure(null);
    const length = codePointLength(next);
    if (length < PASSWORD_MIN || length > PASSWORD_MAX) {
      setComplaints({ next: `Use ${PASSWORD_MIN} to ${PASSWORD_MAX} characters.` });
      return;
    }
    setComplaints({});
    setBusy(true);
    try {
      await client.call('POST /users/me/password', { body: { current, next } });
      setCurrent('');
      setNext('');
      showToast('Password changed; your other devices were signed out');
    } catch (error) {
      const fields = fieldFailures(error, ['current', 'next']);
      if (Object.keys(fields).length > 0) setComplaints(fields);
      else if (failureCode(error) === 'FORBIDDEN') {
        setComplaints({ current: 'That is not your current password.' });
      } else setFailure(failureText(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      {failure !== null && <ErrorNote>{failure}</ErrorNote>}
      {/* Tells a password manager whose password this is. */}
      <input type="hidden" autoComplete="username" name="username" value={username} readOnly />
      <TextField
        label="Current password"
        type="password"
        autoComplete="current-password"
        value={current}
        onValueChange={setCurrent}
        error={complaints.current}
      />
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        value={next}
        onValueChange={setNext}
        description={`At least ${PASSWORD_MIN} characters. All other devices are signed out.`}
        error={complaints.next}
      />
      <div>
        <Button type="submit" busy={busy} disabled={current === '' || next === ''}>
          Change password
        </Button>
      </div>
    </form>
  );
}
