import type { Conversation, User } from '@parley/protocol';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { PersonPicker } from '../../components/person-picker.js';
import { Button } from '../../components/ui/button.js';
import { Dialog } from '../../components/ui/dialog.js';
import { ErrorNote } from '../../components/ui/error-note.js';
import { useClient } from '../../lib/chat/client-context.js';
import { failureText } from '../../lib/failure.js';
import { membersQuery } from '../../lib/queries.js';

interface AddPeopleProps {
  conversation: Conversation;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function AddPeopleDialog({ conversation, open, onOpenChange }: AddPeopleProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Add people">
      <AddPeopleForm conversation={conversation} onAdded={() => onOpenChange(false)} />
    </Dialog>
  );
}

function AddPeopleForm({ conversation, onAdded }: { conversation: Conversation; onAdded: () => void }) {
  const client = useClient();
  const queries = useQueryClient();
  const members = useQuery(membersQuery(client, conversation.id));
  const [people, setPeople] = useState<User[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const present = useMemo(
    () => new Set((members.data?.items ?? []).map((member) => member.user.id)),
    [members.data],
  );

  async function add(): Promise<void> {
    setBusy(true);
    setFailure(null);
    try {
      await client.call('POST /conversations/:id/members', {
        params: { id: conversation.id },
        body: { userIds: people.map((user) => user.id) },
      });
      void queries.invalidateQueries({ queryKey: ['members', conversation.id] });
      onAdded();
    } catch (error) {
      setFailure(failureText(error));
      setBusy(false);
    }
  }

  return (
    <>
      <div className="flex flex-col gap-3 overflow-y-auto px-5 pt-1 pb-2">
        <p className="text-sm text-ink-2">Who is added sees everything that was written before, too.</p>
        <PersonPicker chosen={people} onChange={setPeople} leaveOut={present} />
        {failure !== null && <ErrorNote>{failure}</ErrorNote>}
      </div>
      <div className="flex justify-end border-t border-line px-5 py-3">
        <Button busy={busy} disabled={people.length === 0} onClick={() => void add()}>
          {people.length > 1 ? `Add ${people.length} people` : 'Add'}
        </Button>
      </div>
    </>
  );
}
