import { Radio } from '@base-ui/react/radio';
import { RadioGroup } from '@base-ui/react/radio-group';
import { useId } from 'react';
import { classNames } from '../../lib/class-names.js';

export interface ChoiceOption<T extends string> {
  value: T;
  label: string;
  description?: string;
}

/** One of a few, all in sight. */
export function Choice<T extends string>({
  label,
  value,
  options,
  onValueChange,
}: {
  label: string;
  value: T;
  options: readonly ChoiceOption<T>[];
  onValueChange: (value: T) => void;
}) {
  const id = useId();
  return (
    <RadioGroup
      aria-labelledby={id}
      value={value}
      onValueChange={onValueChange}
      className="flex flex-col gap-1.5"
    >
      <span id={id} className="text-sm font-medium">
        {label}
      </span>
      <span className="grid auto-cols-fr grid-flow-col gap-2">
        {options.map((option) => (
          // eslint rules read this as a label without a control: the radio inside is one.
          <label
            key={option.value}
            className={classNames(
              'flex min-h-11 cursor-pointer flex-col justify-center rounded-lg border px-3 py-2 transition-colors md:min-h-10',
              'has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent',
              option.value === value
                ? 'border-accent bg-accent-soft text-accent-ink'
                : 'border-line-strong/60 text-ink hover:bg-hover',
            )}
          >
            <Radio.Root value={option.value} className="sr-only" />
            <span className="text-sm font-medium">{option.label}</span>
            {option.description !== undefined && (
              <span className="text-xs opacity-90">{option.description}</span>
            )}
          </label>
        ))}
      </span>
    </RadioGroup>
  );
}
