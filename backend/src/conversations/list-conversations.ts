import type { ChannelPage, ConversationPage, FindChannelsQuery, PageQuery } from '@parley/protocol';
import { PAGE_LIMIT_DEFAULT } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { ConversationStore } from './conversation.store.js';
import { toChannel } from './conversation.view.js';
import { ID, TEXT, TIME, decodeCursor, encodeCursor } from './cursor.js';

/** Pages of the caller's conversations and of the public channels. */
@Injectable()
export class ListConversations {
  constructor(private readonly store: ConversationStore) {}

  /** Latest activity first: for show. What moves while somebody pages may appear twice or not at all. */
  async own(userId: string, query: PageQuery): Promise<ConversationPage> {
    const limit = query.limit ?? PAGE_LIMIT_DEFAULT;
    const [updatedAt, id] = query.cursor ? decodeCursor('conversations', query.cursor, [TIME, ID]) : [];
    const after = updatedAt !== undefined && id !== undefined ? { updatedAt, id } : null;
    const positions = await this.store.idsByActivity(userId, after, limit + 1);
    const shown = positions.slice(0, limit);
    const last = positions.length > limit ? shown.at(-1) : undefined;
    return {
      items: await this.store.read(
        userId,
        shown.map((position) => position.id),
      ),
      nextCursor: last ? encodeCursor('conversations', last.updatedAt, last.id) : null,
    };
  }

  async channels(userId: string, query: FindChannelsQuery): Promise<ChannelPage> {
    const limit = query.limit ?? PAGE_LIMIT_DEFAULT;
    const [title, id] = query.cursor ? decodeCursor('channels', query.cursor, [TEXT, ID]) : [];
    const after = title !== undefined && id !== undefined ? { title, id } : null;
    const rows = await this.store.channels(userId, query.query ?? '', after, limit + 1);
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    return {
      items: shown.map(toChannel),
      nextCursor: last ? encodeCursor('channels', last.sortTitle, last.id) : null,
    };
  }
}
