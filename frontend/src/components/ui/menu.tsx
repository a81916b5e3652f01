import { Menu as BaseMenu } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';
import { classNames } from '../../lib/class-names.js';

export function Menu({
  trigger,
  align = 'end',
  children,
  onOpenChange,
}: {
  /** A button; the menu gives it its behaviour. */
  trigger: ReactElement;
  align?: 'start' | 'end';
  children: ReactNode;
  onOpenChange?: (open: boolean) => void;
}) {
  return (
    <BaseMenu.Root modal={false} {...(onOpenChange === undefined ? {} : { onOpenChange })}>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner sideOffset={6} align={align} className="z-50">
          <BaseMenu.Popup className="min-w-44 rounded-xl border border-line bg-surface p-1 text-ink shadow-raised outline-none">
            {children}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

export function MenuItem({
  icon,
  danger = false,
  disabled = false,
  onSelect,
  children,
}: {
  icon?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
  children: ReactNode;
}) {
  return (
    <BaseMenu.Item
      onClick={onSelect}
      disabled={disabled}
      className={classNames(
        'flex min-h-11 cursor-pointer items-center gap-2.5 rounded-lg px-2.5 text-sm outline-none select-none data-disabled:opacity-50 data-highlighted:bg-hover md:min-h-8.5',
        danger && 'text-danger',
      )}
    >
      {icon}
      {children}
    </BaseMenu.Item>
  );
}

export function MenuSeparator() {
  return <BaseMenu.Separator className="mx-1.5 my-1 h-px bg-line" />;
}
