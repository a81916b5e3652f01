import type {
  ChangePage,
  Conversation,
  ErrorCode,
  Message,
  RouteAnswer,
  RouteName,
  SocketLimits,
  SyncAnswer,
  SyncInput,
} from '@parley/protocol';
import { ParleyError, noAnswer } from '../parley-error.js';
import { ModelLog, type LogStep } from './model-log.js';

const TIME = '2026-01-01T00:00:00.000Z';

/** Small, so that pages, more than one answer, and `reset` come up all the time. */
const PAGE = 6;
const CHANGES_PAGE = 4;
const RESET_ABOVE = 25;
const SYNC_PAGE = 2;
const SYNC_CHANGES = 5;

export const MODEL_LIMITS: SocketLimits = {
  textLength: 8_000,
  attachmentsPerMessage: 10,
  messagesPerMinute: 100,
  typingIntervalMs: 3_000,
  headsIntervalMs: 5_000,
  repairSpreadMs: 500,
  receiptsMaxMembers: 100,
};

/** One setting that stays until it is set again, and the one that reading takes away. */
export type ModelSettings = Pick<Conversation['me'], 'muted' | 'markedUnread'>;

interface ModelConversation {
  log: ModelLog;
  readSeq: number;
  settings: ModelSettings;
  /** The server's clock at the last change of head or `me`. */
  movedAt: number;
  isMember: boolean;
  joinedRev: number;
}

export function refusal(code: ErrorCode, retryable: boolean): ParleyError {
  return new ParleyError({ code, message: code, retryable, requestId: 'model' });
}

/** The server as one person, `me`, meets it. It answers at once; who calls it adds delays and failures. */
export class ModelServer {
  epoch = 'first';
  private clock = 1;
  private conversations = new Map<string, ModelConversation>();

  constructor(ids: readonly string[]) {
    for (const id of ids) this.add(id);
  }

  get ids(): string[] {
    return [...this.conversations.keys()];
  }

  log(id: string): ModelLog {
    return this.of(id).log;
  }

  isMember(id: string): boolean {
    return this.of(id).isMember;
  }

  write(id: string, step: LogStep) {
    const conversation = this.of(id);
    const frame = conversation.log.apply(step);
    conversation.movedAt = this.tick();
    for (const message of frame.messages)
      if (message.senderId === 'me' && isText(message)) this.read(id, message.seq);
    return frame;
  }

  /** The pointer; `null` when nothing moved, and there was no mark to take away. */
  read(id: string, seq: number) {
    const conversation = this.of(id);
    const { settings } = conversation;
    const readSeq = Math.max(conversation.readSeq, Math.min(seq, conversation.log.messages.length));
    if (readSeq === conversation.readSeq && !settings.markedUnread) return null;
    conversation.readSeq = readSeq;
    conversation.settings = { ...settings, markedUnread: false };
    conversation.movedAt = this.tick();
    return { userId: 'me', readSeq, deliveredSeq: readSeq };
  }

  set(id: string, settings: ModelSettings): void {
    const conversation = this.of(id);
    conversation.settings = settings;
    conversation.movedAt = this.tick();
  }

  setMember(id: string, isMember: boolean): void {
    const conversation = this.of(id);
    conversation.isMember = isMember;
    conversation.movedAt = this.tick();
    if (isMember) conversation.joinedRev = conversation.log.rev;
  }

  /** A backup is restored: the same conversations with a shorter past. */
  restore(): void {
    this.epoch = `${this.epoch}+`;
    const ids = this.ids;
    this.conversations = new Map();
    for (const id of ids) this.add(id);
  }

  view(id: string): Conversation {
    const { log, readSeq, settings, joinedRev } = this.of(id);
    const unread = log.shown.filter((each) => isText(each) && each.senderId !== 'me' && each.seq > readSeq);
    const title = log.messages.findLast(({ system }) => system?.type === 'title')?.system;
    return {
      id,
      kind: 'group',
      visibility: 'private',
      title: title?.type === 'title' ? title.to : null,
      topic: null,
      memberCount: 3,
      participants: [],
      lastSeq: log.messages.length,
      lastRev: log.rev,
      lastMessage: log.shown.at(-1) ?? null,
      createdAt: TIME,
      updatedAt: TIME,
      me: {
        role: 'member',
        joinedRev,
        readSeq,
        deliveredSeq: readSeq,
        unread: unread.length,
        mentions: unread.filter(({ mentions }) => mentions.includes('me')).length,
        ...settings,
        pinned: false,
        archived: false,
        notify: 'all',
      },
    };
  }

  sync({ epoch, cursor, conversations }: SyncInput): SyncAnswer {
    const isForeign = epoch !== undefined && epoch !== null && epoch !== this.epoch;
    const from =
      cursor !== undefined && cursor !== null && !isForeign
        ? decode(cursor)
        : { since: 0, after: '', next: this.clock };
    const next = from.after === '' ? this.clock : from.next;
    const moved = [...this.conversations]
      .filter(
        ([id, { movedAt, isMember }]) =>
          id > from.after && (from.since === 0 ? isMember : movedAt > from.since),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const told = moved.slice(0, SYNC_PAGE);
    const hasMore = told.length < moved.length;
    const held = Object.entries(conversations);
    const after = told.at(-1)?.[0] ?? '';
    return {
      epoch: this.epoch,
      cursor: encode(hasMore ? { since: from.since, after, next } : { since: next, after: '', next }),
      hasMore,
      conversations: told.filter(([, { isMember }]) => isMember).map(([id]) => this.view(id)),
      removed: [...told, ...held]
        .map(([id]) => id)
        .filter((id) => !(this.conversations.get(id)?.isMember ?? false)),
      changes: Object.fromEntries(
        held
          .filter(([id]) => this.conversations.get(id)?.isMember)
          .map(([id, rev]) => {
            const { items, ...rest } = this.of(id).log.changes(
              rev,
              SYNC_CHANGES,
              isForeign ? -1 : RESET_ABOVE,
            );
            // What does not fit is not told in part.
            return rest.hasMore
              ? [id, { messages: [], lastRev: rev, hasMore: true, reset: false }]
              : [id, { messages: items, ...rest }];
          }),
      ),
    };
  }

  call<N extends RouteName>(name: N, options: unknown): RouteAnswer<N> {
    const { params, query } = options as {
      params: { id: string };
      query?: { before?: number; since?: number; limit?: number };
    };
    const held = this.conversations.get(params.id);
    if (!held?.isMember) throw refusal('NOT_FOUND', false);
    const answer = (): unknown => {
      switch (name) {
        case 'GET /conversations/:id':
          return this.view(params.id);
        case 'GET /conversations/:id/messages':
          return held.log.page(query?.before, PAGE);
        case 'GET /conversations/:id/changes':
          return {
            epoch: this.epoch,
            ...held.log.changes(query?.since ?? 0, CHANGES_PAGE, RESET_ABOVE),
          } satisfies ChangePage;
        default:
          throw noAnswer(`The model knows no ${name}`);
      }
    };
    return answer() as RouteAnswer<N>;
  }

  private add(id: string): void {
    const log = new ModelLog(id);
    log.apply({ kind: 'create', by: 'bob', mention: false, system: true });
    this.conversations.set(id, {
      log,
      readSeq: 0,
      settings: { muted: false, markedUnread: false },
      movedAt: this.tick(),
      isMember: true,
      joinedRev: 1,
    });
  }

  private of(id: string): ModelConversation {
    const conversation = this.conversations.get(id);
    if (!conversation) throw new Error(`The model has no ${id}`);
    return conversation;
  }

  private tick(): number {
    this.clock += 1;
    return this.clock;
  }
}

interface Position {
  since: number;
  after: string;
  next: number;
}

function encode(position: Position): string {
  return JSON.stringify(position);
}
function decode(cursor: string): Position {
  return JSON.parse(cursor) as Position;
}

function isText({ kind }: Message): boolean {
  return kind === 'text';
}
