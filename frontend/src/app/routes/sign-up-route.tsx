import { Link, useSearch } from '@tanstack/react-router';
import { AuthFrame } from '../../features/auth/auth-frame.js';
import { SignUpForm } from '../../features/auth/sign-up-form.js';
import { useClient } from '../../lib/chat/client-context.js';
import { useAuth } from '../../lib/chat/session.js';
import { Redirect } from '../redirect.js';

export function SignUpRoute() {
  const client = useClient();
  const auth = useAuth();
  const { next } = useSearch({ from: '/sign-up' });
  if (auth.status === 'signed-in') return <Redirect href={next ?? '/'} />;
  return (
    <AuthFrame
      title="Create your account"
      footer={
        <>
          You have an account?{' '}
          <Link
            to="/sign-in"
            search={next === undefined ? {} : { next }}
            className="font-medium text-accent-ink underline underline-offset-2"
          >
            Sign in
          </Link>
        </>
      }
    >
      <SignUpForm
        onSubmit={async ({ username, password, displayName }) => {
          await client.register({ username, password, ...(displayName === '' ? {} : { displayName }) });
        }}
      />
    </AuthFrame>
  );
}
