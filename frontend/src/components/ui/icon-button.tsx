import { Tooltip } from '@base-ui/react/tooltip';
import type { ComponentPropsWithRef, ReactNode } from 'react';
import { classNames } from '../../lib/class-names.js';

export interface IconButtonProps extends Omit<ComponentPropsWithRef<'button'>, 'aria-label' | 'title'> {
  /** Says what it does: read out, and shown on hover. */
  label: string;
  children: ReactNode;
  look?: 'plain' | 'accent' | 'bare';
}

const LOOKS = {
  plain: 'text-ink-2 hover:bg-hover hover:text-ink data-popup-open:bg-hover data-popup-open:text-ink',
  accent: 'bg-accent text-on-accent hover:bg-accent-hover disabled:bg-hover disabled:text-ink-3',
  bare: '',
} as const;

export function IconButton({ label, children, look = 'plain', className, ...rest }: IconButtonProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger
        // The trigger's own `disabled` is about the tooltip; the button's has to go to the button.
        render={<button type="button" {...rest} />}
        aria-label={label}
        className={classNames(
          'touch-target inline-flex size-9 shrink-0 items-center justify-center rounded-lg transition-colors select-none disabled:cursor-default',
          LOOKS[look],
          className,
        )}
      >
        {children}
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6} className="z-50">
          <Tooltip.Popup className="rounded-md bg-ink px-2 py-1 text-xs font-medium text-canvas shadow-raised">
            {label}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
