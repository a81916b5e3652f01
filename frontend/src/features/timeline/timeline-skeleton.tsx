import { Skeleton } from '../../components/ui/skeleton.js';
import { classNames } from '../../lib/class-names.js';

const LINES = [
  { own: false, width: '46%', height: 'h-9' },
  { own: false, width: '30%', height: 'h-9' },
  { own: true, width: '38%', height: 'h-9' },
  { own: false, width: '62%', height: 'h-16' },
  { own: true, width: '52%', height: 'h-14' },
  { own: true, width: '24%', height: 'h-9' },
] as const;

export function TimelineSkeleton({ direct }: { direct: boolean }) {
  return (
    <div
      role="status"
      aria-label="Loading messages"
      className="mx-auto flex w-full max-w-4xl flex-1 flex-col justify-end gap-2 overflow-hidden px-4 pb-4 md:px-6"
    >
      {LINES.map((line) => (
        <div
          key={`${line.width}${String(line.own)}`}
          className={classNames('flex gap-2.5', line.own && 'justify-end')}
        >
          {!direct && !line.own && <Skeleton className="size-8 rounded-full" />}
          <span style={{ width: line.width }}>
            <Skeleton className={classNames('rounded-2xl', line.height)} />
          </span>
        </div>
      ))}
    </div>
  );
}
