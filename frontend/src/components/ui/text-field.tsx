import { Field } from '@base-ui/react/field';
import type { ComponentPropsWithoutRef } from 'react';
import { classNames } from '../../lib/class-names.js';

export const INPUT_LOOK =
  'w-full rounded-lg border border-line-strong bg-surface px-3 text-base text-ink placeholder:text-ink-3 md:text-[0.9375rem] ' +
  'focus-visible:border-accent focus-visible:outline-2 focus-visible:outline-offset-0 focus-visible:outline-accent';

export interface TextFieldProps extends Omit<
  ComponentPropsWithoutRef<'input'>,
  'onChange' | 'value' | 'defaultValue'
> {
  label: string;
  value: string;
  onValueChange: (value: string) => void;
  description?: string | undefined;
  error?: string | undefined;
  optional?: boolean;
  trailing?: React.ReactNode;
}

export function TextField({
  label,
  value,
  onValueChange,
  description,
  error,
  optional = false,
  trailing,
  className,
  ...input
}: TextFieldProps) {
  return (
    <Field.Root invalid={error !== undefined} className={classNames('flex flex-col gap-1.5', className)}>
      <Field.Label className="text-sm font-medium text-ink">
        {label}
        {optional && <span className="font-normal text-ink-3"> (optional)</span>}
      </Field.Label>
      <span className="relative block">
        <Field.Control
          {...input}
          value={value}
          onValueChange={onValueChange}
          className={classNames(
            INPUT_LOOK,
            'h-11 md:h-10',
            trailing !== undefined && 'pr-12',
            error !== undefined && 'border-danger',
          )}
        />
        {trailing !== undefined && (
          <span className="absolute inset-y-0 right-1 flex items-center">{trailing}</span>
        )}
      </span>
      {error !== undefined ? (
        <Field.Error match className="text-sm text-danger">
          {error}
        </Field.Error>
      ) : (
        description !== undefined && (
          <Field.Description className="text-sm text-ink-3">{description}</Field.Description>
        )
      )}
    </Field.Root>
  );
}
