import { PASSWORD_MIN } from '@parley/protocol/limits';
import { useState, type SubmitEvent } from 'react';
import { Button } from '../../components/ui/button.js';
import { ErrorNote } from '../../components/ui/error-note.js';
import { TextField } from '../../components/ui/text-field.js';
import { failureText, fieldFailures } from '../../lib/failure.js';
import { focusFirstInvalid } from './focus-first-invalid.js';
import { PasswordField } from './password-field.js';
import { checkRegistration, type Registration } from './check-registration.js';

const FIELDS = ['username', 'displayName', 'password'] as const;

export function SignUpForm({ onSubmit }: { onSubmit: (input: Registration) => Promise<void> }) {
  const [input, setInput] = useState<Registration>({ username: '', displayName: '', password: '' });
  const [complaints, setComplaints] = useState<Partial<Record<keyof Registration, string>>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  function change(field: keyof Registration, value: string): void {
    setInput((held) => ({ ...held, [field]: value }));
    setComplaints(({ [field]: _answered, ...others }) => others);
  }

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    setFailure(null);
    const wrong = checkRegistration(input);
    if (Object.keys(wrong).length > 0) {
      focusFirstInvalid(form, () => setComplaints(wrong));
      return;
    }
    setComplaints({});
    setBusy(true);
    try {
      await onSubmit({
        username: input.username.trim(),
        displayName: input.displayName.trim(),
        password: input.password,
      });
    } catch (error) {
      const fields = fieldFailures(error, FIELDS);
      if (Object.keys(fields).length === 0) setFailure(failureText(error));
      else focusFirstInvalid(form, () => setComplaints(fields));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      {failure !== null && <ErrorNote>{failure}</ErrorNote>}
      <TextField
        label="Username"
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        required
        value={input.username}
        onValueChange={(value) => change('username', value)}
        description="What others type to find and mention you."
        error={complaints.username}
      />
      <TextField
        label="Name"
        optional
        name="displayName"
        autoComplete="name"
        value={input.displayName}
        onValueChange={(value) => change('displayName', value)}
        description="What others see. You can change it later."
        error={complaints.displayName}
      />
      <PasswordField
        label="Password"
        autoComplete="new-password"
        value={input.password}
        onValueChange={(value) => change('password', value)}
        description={`At least ${PASSWORD_MIN} characters; a few words in a row are best.`}
        error={complaints.password}
      />
      <Button type="submit" busy={busy} className="mt-2 w-full md:h-11">
        Create account
      </Button>
      <p className="text-sm text-ink-3">The first person to join a new Parley becomes its administrator.</p>
    </form>
  );
}
