/** Sizes that both sides enforce. Lengths are counted in code points (see text.ts), never in UTF-16 units. */

export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 100;

export const USERNAME_MIN = 3;
export const USERNAME_MAX = 32;
/** Case is ignored: a name is stored and compared in lower case. */
export const USERNAME_PATTERN = /^[A-Za-z0-9._-]+$/;

export const PASSWORD_MIN = 8;
export const PASSWORD_MAX = 128;

export const DISPLAY_NAME_MAX = 80;
/** RFC 5321: a path is at most 256 octets with its angle brackets. */
export const EMAIL_MAX = 254;
export const TITLE_MAX = 120;
export const TOPIC_MAX = 500;
export const TEXT_MAX = 8_000;

export const ATTACHMENTS_PER_MESSAGE_MAX = 10;
export const REACTION_EMOJI_PER_MESSAGE_MAX = 20;
/** One emoji is one grapheme; the longest joined sequences in Unicode stay well below 64 UTF-16 units. */
export const EMOJI_LENGTH_MAX = 64;
/** `Reaction.userIds` names at most this many people; the rest are counted, and listed by their own route. */
export const REACTION_USER_IDS_MAX = 100;

export const MEMBER_IDS_MAX = 100;
export const USER_IDS_MAX = 100;
export const PRESENCE_IDS_MAX = 200;
export const SYNC_CONVERSATIONS_MAX = 1_000;
/** Bytes of JSON in one `sync` answer. */
export const SYNC_ANSWER_BYTES_MAX = 256 * 1024;

export const SEARCH_QUERY_MAX = 200;
export const FILE_NAME_MAX = 255;
export const CONTENT_TYPE_MAX = 127;

/** Bytes of one socket frame, either direction of a command. */
export const FRAME_BYTES_MAX = 64 * 1024;

export const CLIENT_ID_MAX = 64;
/** Compared exactly, case included. */
export const CLIENT_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** Ids made by the server: UUIDs in lower case. */
export const ID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** `receipts` of other people are sent only in conversations of at most this many members. */
export const RECEIPTS_MAX_MEMBERS = 100;

/**
 * `typing` is told only in conversations of at most this many members: a start costs a frame to each of them, so what people
 * cause grows with the square of their number, and nobody reads such a list.
 */
export const TYPING_MAX_MEMBERS = 100;

/** `conversation:read` and `conversation:delivered`: at most once in this time for each conversation. */
export const POINTER_INTERVAL_MS = 2_000;
