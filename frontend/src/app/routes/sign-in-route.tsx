import { Link, useSearch } from '@tanstack/react-router';
import { AuthFrame } from '../../features/auth/auth-frame.js';
import { SignInForm } from '../../features/auth/sign-in-form.js';
import { useClient } from '../../lib/chat/client-context.js';
import { useAuth } from '../../lib/chat/session.js';
import { Redirect } from '../redirect.js';

export function SignInRoute() {
  const client = useClient();
  const auth = useAuth();
  const { next } = useSearch({ from: '/sign-in' });
  if (auth.status === 'signed-in') return <Redirect href={next ?? '/'} />;
  const ended = auth.status === 'signed-out' && (auth.reason === 'expired' || auth.reason === 'revoked');
  return (
    <AuthFrame
      title="Sign in"
      footer={
        <>
          New here?{' '}
          <Link
            to="/sign-up"
            search={next === undefined ? {} : { next }}
            className="font-medium text-accent-ink underline underline-offset-2"
          >
            Create an account
          </Link>
        </>
      }
    >
      {ended && (
        <p role="status" className="mb-4 rounded-lg bg-warn-soft px-3 py-2.5 text-sm text-warn-ink">
          {auth.reason === 'expired'
            ? 'Your session has expired. Sign in again to go on; nothing you wrote is lost.'
            : 'You were signed out from another device.'}
        </p>
      )}
      <SignInForm
        onSubmit={async (input) => {
          await client.login(input);
        }}
      />
    </AuthFrame>
  );
}
