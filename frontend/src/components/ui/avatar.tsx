import { avatarHue } from '../../lib/avatar-hue.js';
import { classNames } from '../../lib/class-names.js';
import { initials } from '../../lib/initials.js';

const SIZES = {
  xs: 'size-5 text-[0.5625rem]',
  sm: 'size-8 text-xs',
  md: 'size-10 text-sm',
  lg: 'size-16 text-xl',
} as const;

export interface AvatarProps {
  /** Of the person or conversation: it decides the colour. */
  id: string;
  name: string;
  imageUrl?: string | null;
  size?: keyof typeof SIZES;
  square?: boolean;
  children?: React.ReactNode;
  className?: string;
}

/** Decoration: the name always stands beside it, so it is hidden from screen readers. */
export function Avatar({
  id,
  name,
  imageUrl = null,
  size = 'md',
  square = false,
  children,
  className,
}: AvatarProps) {
  const shape = classNames(
    'flex shrink-0 items-center justify-center overflow-hidden font-semibold tracking-tight select-none',
    square ? 'rounded-[28%]' : 'rounded-full',
    SIZES[size],
    className,
  );
  if (imageUrl !== null) {
    return <img src={imageUrl} alt="" className={classNames(shape, 'object-cover')} />;
  }
  return (
    <span
      aria-hidden="true"
      className={classNames(shape, 'avatar-tint')}
      style={{ '--hue': avatarHue(id) } as React.CSSProperties}
    >
      {children ?? initials(name)}
    </span>
  );
}
