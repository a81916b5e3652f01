import type { Conversation, Visibility } from '@parley/protocol';
import { TITLE_MAX, TOPIC_MAX } from '@parley/protocol/limits';
import { codePointLength } from '@parley/protocol/text';
import { useState, type SubmitEvent } from 'react';
import { Button } from '../../components/ui/button.js';
import { Choice } from '../../components/ui/choice.js';
import { Dialog } from '../../components/ui/dialog.js';
import { ErrorNote } from '../../components/ui/error-note.js';
import { TextField } from '../../components/ui/text-field.js';
import { useClient } from '../../lib/chat/client-context.js';
import { failureText, fieldFailures } from '../../lib/failure.js';

const VISIBILITIES = [
  { value: 'private', label: 'Private', description: 'Only who is added' },
  { value: 'public', label: 'Public', description: 'Anybody may join' },
] as const;

export function EditConversationDialog({
  conversation,
  open,
  onOpenChange,
}: {
  conversation: Conversation;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={`Edit ${conversation.kind}`}>
      <EditForm conversation={conversation} onSaved={() => onOpenChange(false)} />
    </Dialog>
  );
}

function EditForm({ conversation, onSaved }: { conversation: Conversation; onSaved: () => void }) {
  const client = useClient();
  const [title, setTitle] = useState(conversation.title ?? '');
  const [topic, setTopic] = useState(conversation.topic ?? '');
  const [visibility, setVisibility] = useState<Visibility>(conversation.visibility);
  const [complaints, setComplaints] = useState<{ title?: string; topic?: string }>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const named = title.trim();
  const about = topic.trim();
  // Whose it is decides whether others may find it; the server says the same.
  const mayShow = conversation.kind === 'channel' && conversation.me.role === 'owner';

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (codePointLength(named) > TITLE_MAX || codePointLength(about) > TOPIC_MAX) {
      setComplaints({
        ...(codePointLength(named) > TITLE_MAX ? { title: `Use at most ${TITLE_MAX} characters.` } : {}),
        ...(codePointLength(about) > TOPIC_MAX ? { topic: `Use at most ${TOPIC_MAX} characters.` } : {}),
      });
      return;
    }
    const body = {
      ...(named === (conversation.title ?? '') ? {} : { title: named === '' ? null : named }),
      ...(about === (conversation.topic ?? '') ? {} : { topic: about === '' ? null : about }),
      ...(visibility === conversation.visibility ? {} : { visibility }),
    };
    if (Object.keys(body).length === 0) {
      onSaved();
      return;
    }
    setBusy(true);
    setFailure(null);
    try {
      client.upsertConversation(
        await client.call('PATCH /conversations/:id', { params: { id: conversation.id }, body }),
      );
      onSaved();
    } catch (error) {
      const fields = fieldFailures(error, ['title', 'topic']);
      setComplaints(fields);
      if (Object.keys(fields).length === 0) setFailure(failureText(error));
      setBusy(false);
    }
  }

  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex min-h-0 flex-col">
      <div className="flex flex-col gap-4 overflow-y-auto px-5 pt-1 pb-4">
        <TextField
          data-initial-focus
          label="Name"
          optional={conversation.kind === 'group'}
          value={title}
          onValueChange={setTitle}
          error={complaints.title}
        />
        <TextField
          label="Topic"
          optional
          value={topic}
          onValueChange={setTopic}
          error={complaints.topic}
          description="What this is about; it stands in the header."
        />
        {mayShow && (
          <Choice
            label="Who may see it"
            value={visibility}
            options={VISIBILITIES}
            onValueChange={setVisibility}
          />
        )}
        {failure !== null && <ErrorNote>{failure}</ErrorNote>}
      </div>
      <div className="flex justify-end border-t border-line px-5 py-3">
        <Button type="submit" busy={busy}>
          Save
        </Button>
      </div>
    </form>
  );
}
