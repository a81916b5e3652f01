import type { ReactNode } from 'react';
import { Wordmark } from '../../components/ui/wordmark.js';

const PROMISES = [
  ['Nothing is lost.', 'Once a message shows its tick, it is on disk, whatever fails next.'],
  ['Nothing is doubled.', 'A bad network never posts the same words twice.'],
  ['It is yours.', 'It runs on your own machines, and nothing leaves them.'],
] as const;

/** Sign-in and sign-up: the form, and on wide screens what Parley stands for. */
export function AuthFrame({
  title,
  children,
  footer,
}: {
  title: string;
  children: ReactNode;
  footer: ReactNode;
}) {
  return (
    <div className="flex h-dvh overflow-y-auto bg-canvas">
      <aside
        // Dark in both themes: it takes the colours of the dark one.
        data-theme="dark"
        className="hidden w-[44%] max-w-xl flex-col justify-between bg-[#0a3f3a] p-12 text-[#eaf5f2] lg:flex"
      >
        <Wordmark className="text-2xl" />
        <dl className="flex flex-col gap-6">
          {PROMISES.map(([promise, reason]) => (
            <div key={promise}>
              <dt className="text-3xl font-semibold tracking-tight">{promise}</dt>
              <dd className="mt-1 max-w-sm text-[#b9d9d2]">{reason}</dd>
            </div>
          ))}
        </dl>
        <p className="text-sm text-[#b9d9d2]">Free software under the MIT licence.</p>
      </aside>
      <main className="m-auto w-full max-w-md px-6 py-10">
        <Wordmark className="mb-10 text-xl text-ink lg:hidden" />
        <h1 className="mb-6 text-2xl font-semibold tracking-tight">{title}</h1>
        {children}
        <div className="mt-6 text-sm text-ink-2">{footer}</div>
      </main>
    </div>
  );
}
