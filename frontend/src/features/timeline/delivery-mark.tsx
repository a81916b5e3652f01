import type { OutboxEntry } from '@parley/client';
import { Check, CheckCheck, CircleAlert, Clock } from 'lucide-react';

export type Delivery = OutboxEntry['state'] | 'read';

const MARKS = {
  pending: { Icon: Clock, label: 'Waiting to be sent' },
  sending: { Icon: Clock, label: 'Sending' },
  sent: { Icon: Check, label: 'Sent' },
  read: { Icon: CheckCheck, label: 'Read' },
  failed: { Icon: CircleAlert, label: 'Not sent' },
} as const;

/** How far an own message has come. */
export function DeliveryMark({ delivery }: { delivery: Delivery }) {
  const { Icon, label } = MARKS[delivery];
  return (
    <Icon
      role="img"
      aria-label={label}
      data-delivery={delivery}
      className={
        delivery === 'failed'
          ? 'size-3.5 text-danger'
          : delivery === 'read'
            ? 'size-3.5 text-accent'
            : 'size-3.5'
      }
    />
  );
}
