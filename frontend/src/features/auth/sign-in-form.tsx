import { useState, type SubmitEvent } from 'react';
import { Button } from '../../components/ui/button.js';
import { ErrorNote } from '../../components/ui/error-note.js';
import { TextField } from '../../components/ui/text-field.js';
import { failureCode, failureText } from '../../lib/failure.js';
import { PasswordField } from './password-field.js';

export interface Credentials {
  username: string;
  password: string;
}

function refusal(error: unknown): string {
  const code = failureCode(error);
  // One answer for a wrong name and a wrong password: which of them it was is nobody's business.
  if (code === 'UNAUTHENTICATED' || code === 'VALIDATION_FAILED') {
    return 'That username and password do not match.';
  }
  return failureText(error);
}

export function SignInForm({ onSubmit }: { onSubmit: (input: Credentials) => Promise<void> }) {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    if (username.trim() === '' || password === '') {
      setFailure('Enter your username and password.');
      return;
    }
    setFailure(null);
    setBusy(true);
    try {
      await onSubmit({ username: username.trim(), password });
    } catch (error) {
      setFailure(refusal(error));
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
        value={username}
        onValueChange={setUsername}
      />
      <PasswordField
        label="Password"
        autoComplete="current-password"
        value={password}
        onValueChange={setPassword}
      />
      <Button type="submit" busy={busy} className="mt-2 w-full md:h-11">
        Sign in
      </Button>
    </form>
  );
}
