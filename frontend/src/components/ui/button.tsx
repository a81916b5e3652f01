import { Button as BaseButton } from '@base-ui/react/button';
import type { ReactNode } from 'react';
import { classNames } from '../../lib/class-names.js';
import { Spinner } from './spinner.js';

const LOOKS = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover',
  quiet: 'bg-hover text-ink hover:bg-pressed',
  plain: 'text-ink-2 hover:bg-hover hover:text-ink',
  plainDanger: 'text-danger hover:bg-danger-soft',
  danger: 'bg-danger text-on-danger hover:bg-danger-hover',
} as const;

const SIZES = {
  medium: 'h-11 px-4 md:h-9 md:px-3.5',
  small: 'h-9 px-3 text-sm md:h-7.5 md:px-2.5 md:text-[0.8125rem]',
} as const;

export interface ButtonProps {
  children: ReactNode;
  look?: keyof typeof LOOKS;
  size?: keyof typeof SIZES;
  type?: 'button' | 'submit';
  /** Shows that it works, and takes no second press meanwhile. */
  busy?: boolean;
  disabled?: boolean;
  className?: string;
  onClick?: () => void;
}

export function Button({
  children,
  look = 'primary',
  size = 'medium',
  type = 'button',
  busy = false,
  disabled = false,
  className,
  onClick,
}: ButtonProps) {
  return (
    <BaseButton
      type={type}
      disabled={disabled || busy}
      // A pressed button that works keeps the focus, so that a keyboard or screen reader does not lose its place.
      focusableWhenDisabled={busy}
      aria-busy={busy || undefined}
      className={classNames(
        'inline-flex shrink-0 items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap transition-colors select-none',
        'data-disabled:cursor-default data-disabled:opacity-55',
        LOOKS[look],
        SIZES[size],
        className,
      )}
      {...(onClick === undefined ? {} : { onClick })}
    >
      {busy && <Spinner />}
      {children}
    </BaseButton>
  );
}
