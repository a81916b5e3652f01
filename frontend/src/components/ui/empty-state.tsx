import type { ReactNode } from 'react';

export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex h-full flex-col items-center justify-center gap-2 px-8 py-12 text-center">
      {icon !== undefined && (
        <div className="mb-2 flex size-14 items-center justify-center rounded-2xl bg-accent-soft text-accent-ink">
          {icon}
        </div>
      )}
      <p className="text-lg font-semibold tracking-tight">{title}</p>
      {children !== undefined && <div className="max-w-sm text-ink-2">{children}</div>}
      {action !== undefined && <div className="mt-3">{action}</div>}
    </div>
  );
}
