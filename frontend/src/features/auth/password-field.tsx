import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../../components/ui/icon-button.js';
import { TextField } from '../../components/ui/text-field.js';

export function PasswordField({
  label,
  value,
  onValueChange,
  autoComplete,
  description,
  error,
}: {
  label: string;
  value: string;
  onValueChange: (value: string) => void;
  autoComplete: 'current-password' | 'new-password';
  description?: string | undefined;
  error?: string | undefined;
}) {
  const [shown, setShown] = useState(false);
  return (
    <TextField
      label={label}
      type={shown ? 'text' : 'password'}
      name="password"
      autoComplete={autoComplete}
      autoCapitalize="none"
      spellCheck={false}
      required
      value={value}
      onValueChange={onValueChange}
      description={description}
      error={error}
      trailing={
        <IconButton
          type="button"
          label={shown ? 'Hide password' : 'Show password'}
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
        >
          {shown ? (
            <EyeOff className="size-5" aria-hidden="true" />
          ) : (
            <Eye className="size-5" aria-hidden="true" />
          )}
        </IconButton>
      }
    />
  );
}
