import type { Conversation, User, Visibility } from '@parley/protocol';
import { newClientId } from '@parley/client';
import { TITLE_MAX } from '@parley/protocol/limits';
import { codePointLength } from '@parley/protocol/text';
import { useRef, useState, type SubmitEvent } from 'react';
import { PersonPicker } from '../../components/person-picker.js';
import { Button } from '../../components/ui/button.js';
import { Choice } from '../../components/ui/choice.js';
import { Dialog } from '../../components/ui/dialog.js';
import { ErrorNote } from '../../components/ui/error-note.js';
import { TextField } from '../../components/ui/text-field.js';
import { useClient } from '../../lib/chat/client-context.js';
import { useMe } from '../../lib/chat/session.js';
import { failureText, fieldFailures } from '../../lib/failure.js';

const KINDS = [
  { value: 'people', label: 'People', description: 'One person or a group' },
  { value: 'channel', label: 'Channel', description: 'A place for a topic' },
] as const;

const VISIBILITIES = [
  { value: 'private', label: 'Private', description: 'Only who is added' },
  { value: 'public', label: 'Public', description: 'Anybody may join' },
] as const;

export function StartDialog({
  open,
  onOpenChange,
  onStarted,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onStarted: (conversation: Conversation) => void;
}) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="New conversation">
      <StartForm
        onStarted={(conversation) => {
          onOpenChange(false);
          onStarted(conversation);
        }}
      />
    </Dialog>
  );
}

function StartForm({ onStarted }: { onStarted: (conversation: Conversation) => void }) {
  const client = useClient();
  const me = useMe();
  const [kind, setKind] = useState<'people' | 'channel'>('people');
  const [people, setPeople] = useState<User[]>([]);
  const [title, setTitle] = useState('');
  const [visibility, setVisibility] = useState<Visibility>('private');
  const [complaint, setComplaint] = useState<string | undefined>();
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  // One dialog makes one conversation, however often an answer is lost and the button pressed again.
  const clientConversationId = useRef(newClientId());
  const direct = kind === 'people' && people.length === 1;
  const titled = !direct && (kind === 'channel' || people.length > 1);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const name = title.trim();
    if (kind === 'channel' && name === '') {
      setComplaint('Give the channel a name.');
      return;
    }
    if (codePointLength(name) > TITLE_MAX) {
      setComplaint(`Use at most ${TITLE_MAX} characters.`);
      return;
    }
    setBusy(true);
    setFailure(null);
    try {
      const conversation = await client.call('POST /conversations', {
        body: {
          kind: direct ? 'direct' : kind === 'channel' ? 'channel' : 'group',
          memberIds: people.map((user) => user.id),
          ...(titled && name !== '' ? { title: name } : {}),
          ...(kind === 'channel' ? { visibility } : {}),
          ...(direct ? {} : { clientConversationId: clientConversationId.current }),
        },
      });
      client.upsertConversation(conversation);
      onStarted(conversation);
    } catch (error) {
      const fields = fieldFailures(error, ['title']);
      if (fields.title === undefined) setFailure(failureText(error));
      else setComplaint(fields.title);
      setBusy(false);
    }
  }

  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex min-h-0 flex-col">
      <div className="flex min-h-0 flex-col gap-4 overflow-y-auto px-5 pt-1 pb-2">
        <Choice label="Kind" value={kind} options={KINDS} onValueChange={setKind} />
        {titled && (
          <TextField
            label={kind === 'channel' ? 'Name' : 'Group name'}
            optional={kind !== 'channel'}
            value={title}
            onValueChange={(value) => {
              setTitle(value);
              setComplaint(undefined);
            }}
            error={complaint}
            placeholder={kind === 'channel' ? 'design-reviews' : ''}
          />
        )}
        {kind === 'channel' && (
          <Choice
            label="Who may see it"
            value={visibility}
            options={VISIBILITIES}
            onValueChange={setVisibility}
          />
        )}
        <div>
          <p className="mb-1.5 text-sm font-medium">{kind === 'channel' ? 'Begin with' : 'With'}</p>
          <PersonPicker chosen={people} onChange={setPeople} leaveOut={new Set([me.id])} />
        </div>
        {failure !== null && <ErrorNote>{failure}</ErrorNote>}
      </div>
      <div className="flex justify-end border-t border-line px-5 py-3">
        <Button type="submit" busy={busy} disabled={people.length === 0}>
          {direct || (kind === 'people' && people.length === 0)
            ? 'Start chat'
            : kind === 'channel'
              ? 'Create channel'
              : 'Create group'}
        </Button>
      </div>
    </form>
  );
}
