import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { useRef, type ReactNode } from 'react';
import { classNames } from '../../lib/class-names.js';
import { IconButton } from './icon-button.js';

export const BACKDROP_LOOK =
  'fixed inset-0 z-40 bg-scrim transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0';

/** A sheet that rises from the bottom on a phone, a card in the upper middle elsewhere. */
export const POPUP_LOOK =
  'flex max-h-[calc(100dvh-2rem)] w-full flex-col overflow-hidden rounded-t-2xl bg-surface text-ink shadow-raised transition-[translate,opacity] duration-200 outline-none ' +
  'data-ending-style:translate-y-6 data-ending-style:opacity-0 data-starting-style:translate-y-6 data-starting-style:opacity-0 ' +
  'md:max-h-[min(42rem,calc(100dvh-8rem))] md:rounded-2xl md:border md:border-line';

export const VIEWPORT_LOOK =
  'fixed inset-0 z-40 flex items-end justify-center md:items-start md:px-4 md:pt-24';

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: string;
  width?: 'narrow' | 'wide';
  children: ReactNode;
}

export function Dialog({ open, onOpenChange, title, description, width = 'narrow', children }: DialogProps) {
  const popup = useRef<HTMLDivElement>(null);
  return (
    <BaseDialog.Root open={open} onOpenChange={onOpenChange}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={BACKDROP_LOOK} />
        <BaseDialog.Viewport className={VIEWPORT_LOOK}>
          <BaseDialog.Popup
            ref={popup}
            // A field that asks for it gets the focus; not from a finger, as that would throw up the keyboard. Else the
            // dialog itself: its close button would greet everybody with a tooltip.
            initialFocus={(openedBy) => {
              const field = popup.current?.querySelector<HTMLElement>('[data-initial-focus]');
              return openedBy === 'touch' || field === null ? popup.current : field;
            }}
            className={classNames(
              POPUP_LOOK,
              'pad-safe-bottom',
              width === 'wide' ? 'md:max-w-xl' : 'md:max-w-md',
            )}
          >
            <div className="flex items-start gap-3 px-5 pt-4 pb-2">
              <div className="min-w-0 flex-1 pt-1">
                <BaseDialog.Title className="text-lg font-semibold tracking-tight">{title}</BaseDialog.Title>
                {description !== undefined && (
                  <BaseDialog.Description className="mt-0.5 text-sm text-ink-2">
                    {description}
                  </BaseDialog.Description>
                )}
              </div>
              <BaseDialog.Close
                render={
                  <IconButton label="Close" className="-mr-2">
                    <X className="size-5" aria-hidden="true" />
                  </IconButton>
                }
              />
            </div>
            {children}
          </BaseDialog.Popup>
        </BaseDialog.Viewport>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}
