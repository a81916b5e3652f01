import type { Message } from '@parley/protocol';
import { useEffect, useRef, useState } from 'react';
import { messagePreview } from '../../lib/message-preview.js';
import type { NameOf } from '../../lib/system-sentence.js';

/** Reads out what others write while the conversation is open, without interrupting. */
export function NewMessageAnnouncer({
  messages,
  meId,
  nameOf,
}: {
  messages: readonly Message[];
  meId: string;
  nameOf: NameOf;
}) {
  const [spoken, setSpoken] = useState('');
  const newestSeq = messages[messages.length - 1]?.seq ?? 0;
  const heardSeq = useRef(newestSeq);

  useEffect(() => {
    const fresh = messages.filter((message) => message.seq > heardSeq.current && message.senderId !== meId);
    heardSeq.current = newestSeq;
    const last = fresh[fresh.length - 1];
    if (last === undefined) return;
    setSpoken(
      fresh.length > 1
        ? `${fresh.length} new messages`
        : messagePreview(last, { meId, nameOf, withSender: true }),
    );
  }, [messages, newestSeq, meId, nameOf]);

  return (
    <p aria-live="polite" className="sr-only">
      {spoken}
    </p>
  );
}
