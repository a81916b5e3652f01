-- The request that made a change stands in its outbox row: one id is found in the logs of Nginx, the API and the worker. Rows
-- that are there stay as they are, and so do those that instances of the version before write: they name no request.
ALTER TABLE "outbox" ADD COLUMN "request_id" TEXT;

-- The functions that change one thing for one request learn it from a setting of their transaction, which the statement that
-- calls them makes: see Database.callInRequest. A parameter would have to go through a dozen of them. A setting that was made
-- once on a connection is empty after that, and not absent.
CREATE FUNCTION current_request() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT NULLIF(current_setting('parley.request_id', true), '')
$$;

-- As before, with the request in the outbox row.
CREATE OR REPLACE FUNCTION take_rev(p_conversation uuid, p_message uuid, p_now timestamptz) RETURNS int
LANGUAGE plpgsql VOLATILE AS $$
DECLARE v_rev int;
BEGIN
  UPDATE conversations SET last_rev = last_rev + 1, updated_at = p_now WHERE id = p_conversation RETURNING last_rev INTO v_rev;
  UPDATE messages SET rev = v_rev WHERE id = p_message;
  INSERT INTO outbox (conversation_id, rev, message_id, created_at, request_id)
  VALUES (p_conversation, v_rev, p_message, p_now, current_request());
  RETURN v_rev;
END $$;

-- As before, with the request in the outbox row.
CREATE OR REPLACE FUNCTION append_system(p_conversation uuid, p_id uuid, p_actor uuid, p_system jsonb, p_now timestamptz) RETURNS int
LANGUAGE plpgsql VOLATILE AS $$
DECLARE v_conversation conversations;
BEGIN
  UPDATE conversations SET last_seq = last_seq + 1, last_rev = last_rev + 1, updated_at = p_now
   WHERE id = p_conversation RETURNING * INTO v_conversation;
  INSERT INTO messages (conversation_id, seq, id, rev, kind, sender_id, text, text_count, system, created_at)
  VALUES (p_conversation, v_conversation.last_seq, p_id, v_conversation.last_rev, 'system', p_actor, '',
          v_conversation.text_count, p_system, p_now);
  INSERT INTO outbox (conversation_id, rev, message_id, created_at, request_id)
  VALUES (p_conversation, v_conversation.last_rev, p_id, p_now, current_request());
  RETURN v_conversation.last_rev;
END $$;

-- As before, with a request for each message. Instances of the version before call it without: the parameter has a default, and
-- the function without it goes, since a call could mean either.
DROP FUNCTION send_messages;

-- Commits what waits together, in one round trip: one row of the arrays is one message.
--   p_reply_to, p_thread_root  NULL for none
--   p_mention_names            usernames in lower case, comma-separated; NULL for none. Who is not a member is not mentioned
--   p_attachments              ids, comma-separated; NULL for none. A message with attachments must be sent alone: within
--                              one call nothing keeps two messages from claiming the same file
--   p_request_ids              the request that sent each, for the outbox; absent from instances of the version before
-- Answers a row for each input row (`ord` from 1), and after them one with status `touched` for each thread root that a
-- reply has moved:
--   created    id, seq, rev, created_at, mentions; root_rev where it is a reply in a thread; unmarked where the sender's
--              mark "unread" went with it
--   duplicate  the client id is known: `message` is the first message in its present state. NULL where it was created
--              by an earlier row of this same call: then `id` names that one
--   not_member, reply_not_found, root_not_found, attachment_not_found  nothing was written for this row
--   touched    `message` is the thread root in its present state
-- `members_rev` is the rev of the last membership that ended, read under the lock.
-- One bad row never fails the others. READ COMMITTED only: another level fails on a lost race.
CREATE FUNCTION send_messages(
  p_conversation uuid[], p_sender uuid[], p_client_id text[], p_id uuid[], p_text text[],
  p_reply_to uuid[], p_thread_root uuid[], p_mention_names text[], p_mentions_all boolean[], p_attachments text[],
  p_request_ids text[] DEFAULT NULL)
RETURNS TABLE (ord int, status text, conversation_id uuid, id uuid, seq int, rev int, root_rev int,
               created_at timestamptz, mentions uuid[], members_rev int, unmarked boolean, message jsonb)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz;
BEGIN
  PERFORM 1 FROM conversations c WHERE c.id = ANY (p_conversation) ORDER BY c.id FOR NO KEY UPDATE;
  -- After the lock: the times of a conversation rise with its numbers as far as the clock does.
  v_now := date_trunc('milliseconds', clock_timestamp());

  RETURN QUERY
  WITH input AS MATERIALIZED (
    SELECT i.ord::int AS ord, i.conv, i.sender, i.client_id, i.id, i.body, i.reply_to, i.root, i.names, i.everyone, i.files,
           known.id AS known_id,
           CASE
             WHEN member.ok IS NULL THEN 'not_member'
             WHEN known.id IS NOT NULL THEN 'duplicate'
             WHEN i.reply_to IS NOT NULL
              AND (SELECT r.conversation_id FROM messages r WHERE r.id = i.reply_to) IS DISTINCT FROM i.conv
               THEN 'reply_not_found'
             WHEN i.root IS NOT NULL AND NOT COALESCE((
               SELECT r.conversation_id = i.conv AND r.kind = 'text' AND r.thread_root_id IS NULL
                 FROM messages r WHERE r.id = i.root), false) THEN 'root_not_found'
             WHEN i.files IS NOT NULL AND EXISTS (
               SELECT 1 FROM unnest(string_to_array(i.files, ',')::uuid[]) f(id) WHERE NOT COALESCE((
                 SELECT a.uploader_id = i.sender AND a.conversation_id = i.conv AND a.message_id IS NULL
                    AND a.status IN ('processing', 'ready') FROM attachments a WHERE a.id = f.id), false))
               THEN 'attachment_not_found'
             ELSE 'created'
           END AS status
      FROM unnest(p_conversation, p_sender, p_client_id, p_id, p_text, p_reply_to, p_thread_root, p_mention_names,
                  p_mentions_all, p_attachments)
           WITH ORDINALITY AS i(conv, sender, client_id, id, body, reply_to, root, names, everyone, files, ord)
      LEFT JOIN LATERAL (
        SELECT true AS ok FROM members m JOIN conversations c ON c.id = m.conversation_id
         WHERE m.user_id = i.sender AND m.conversation_id = i.conv AND m.left_at IS NULL AND c.deleted_at IS NULL
         LIMIT 1) member ON true
      -- OFFSET 0 keeps the conversation out of the index condition: see the index of client ids.
      LEFT JOIN LATERAL (
        SELECT k.id FROM (SELECT * FROM messages k WHERE k.client_message_id = i.client_id AND k.sender_id = i.sender
                          OFFSET 0) k
         WHERE k.conversation_id = i.conv LIMIT 1) known ON true
  ), numbered AS (
    SELECT n.*, (n.root IS NOT NULL)::int AS extra,
           CASE WHEN n.names IS NULL THEN '{}'::uuid[] ELSE COALESCE((
             SELECT array_agg(u.id ORDER BY u.username)
               FROM (SELECT DISTINCT name FROM unnest(string_to_array(n.names, ',')) x(name)) named
              CROSS JOIN LATERAL (SELECT u.id, u.username FROM users u WHERE u.username = named.name LIMIT 1) u
              WHERE (SELECT m.left_at IS NULL FROM members m WHERE m.user_id = u.id AND m.conversation_id = n.conv)),
             '{}'::uuid[]) END AS mentioned
      FROM (SELECT DISTINCT ON (i.conv, i.sender, i.client_id) i.* FROM input i WHERE i.status = 'created'
             ORDER BY i.conv, i.sender, i.client_id, i.ord) n
  ), fresh AS MATERIALIZED (
    SELECT n.*, c.last_seq + (row_number() OVER log)::int AS seq,
           c.text_count + (row_number() OVER log)::int AS text_count,
           -- A reply in a thread takes two revs: its own, then its root's.
           c.last_rev + (row_number() OVER log)::int + COALESCE((sum(n.extra) OVER before)::int, 0) AS rev
      FROM numbered n
      CROSS JOIN LATERAL (SELECT last_seq, last_rev, text_count FROM conversations c WHERE c.id = n.conv LIMIT 1) c
    WINDOW log AS (PARTITION BY n.conv ORDER BY n.ord),
           before AS (PARTITION BY n.conv ORDER BY n.ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  ), inserted AS (
    INSERT INTO messages (conversation_id, seq, id, rev, kind, sender_id, client_message_id, text, text_count, reply_to_id,
                          thread_root_id, mentions, mentions_all, created_at)
    SELECT f.conv, f.seq, f.id, f.rev, 'text', f.sender, f.client_id, f.body, f.text_count, f.reply_to, f.root, f.mentioned,
           f.everyone, v_now
      FROM fresh f
  ), roots AS (
    UPDATE messages m SET thread_replies = m.thread_replies + r.replies, rev = r.rev
      FROM (SELECT f.root, count(*)::int AS replies, max(f.rev) + 1 AS rev FROM fresh f WHERE f.root IS NOT NULL
             GROUP BY f.root) r
     WHERE m.id = r.root AND m.id = ANY (ARRAY(SELECT f.root FROM fresh f WHERE f.root IS NOT NULL))
  ), counters AS (
    UPDATE conversations c SET last_seq = f.seq, last_rev = f.rev, text_count = f.text_count, updated_at = v_now
      FROM (SELECT f.conv, max(f.seq) AS seq, max(f.rev + f.extra) AS rev, max(f.text_count) AS text_count
              FROM fresh f GROUP BY f.conv) f
     WHERE c.id = f.conv AND c.id = ANY (ARRAY(SELECT f.conv FROM fresh f))
  ), pointers AS (
    UPDATE members m SET read_seq = GREATEST(m.read_seq, f.seq), read_text_count = GREATEST(m.read_text_count, f.text_count),
           delivered_seq = GREATEST(m.delivered_seq, f.seq), marked_unread = false, updated_at = v_now,
           settings_at = CASE WHEN m.marked_unread THEN v_now ELSE m.settings_at END
      FROM (SELECT f.conv, f.sender, max(f.seq) AS seq, max(f.text_count) AS text_count FROM fresh f
             GROUP BY f.conv, f.sender) f
     WHERE m.user_id = f.sender AND m.conversation_id = f.conv
    RETURNING m.user_id, m.conversation_id, m.settings_at = v_now AS unmarked
  ), mentioned AS (
    INSERT INTO mentions (user_id, conversation_id, seq)
    SELECT u.id, f.conv, f.seq FROM fresh f CROSS JOIN LATERAL unnest(f.mentioned) u(id) WHERE f.mentioned <> '{}'
  ), claimed AS (
    UPDATE attachments a SET message_id = f.id, position = x.place::int
      FROM fresh f CROSS JOIN LATERAL unnest(string_to_array(f.files, ',')::uuid[]) WITH ORDINALITY x(id, place)
     WHERE f.files IS NOT NULL AND a.id = x.id
       AND a.id = ANY (ARRAY(SELECT unnest(string_to_array(f.files, ',')::uuid[]) FROM fresh f WHERE f.files IS NOT NULL))
  ), outgoing AS (
    INSERT INTO outbox (conversation_id, rev, message_id, created_at, request_id)
    SELECT f.conv, taken.rev, taken.message_id, v_now, p_request_ids[f.ord]
      FROM fresh f CROSS JOIN LATERAL (VALUES (f.rev, f.id), (f.rev + 1, f.root)) taken(rev, message_id)
     WHERE taken.message_id IS NOT NULL ORDER BY f.conv, taken.rev
  )
  SELECT i.ord, CASE WHEN f.ord < i.ord THEN 'duplicate' ELSE i.status END,
         i.conv, CASE WHEN i.status <> 'not_member' THEN COALESCE(i.known_id, f.id) END, f.seq, f.rev, CASE WHEN f.root IS NOT NULL THEN f.rev + 1 END,
         v_now, f.mentioned,
         (SELECT c.members_rev FROM conversations c WHERE c.id = i.conv LIMIT 1),
         f.id IS NOT NULL AND COALESCE((SELECT p.unmarked FROM pointers p WHERE p.user_id = i.sender AND p.conversation_id = i.conv LIMIT 1), false),
         CASE WHEN i.status = 'duplicate' THEN (SELECT to_jsonb(r) FROM message_rows r WHERE r.id = i.known_id) END
    FROM input i
    LEFT JOIN fresh f ON f.conv = i.conv AND f.sender = i.sender AND f.client_id = i.client_id AND f.ord <= i.ord
   ORDER BY i.ord;

  IF EXISTS (SELECT 1 FROM unnest(p_thread_root) r(id) WHERE r.id IS NOT NULL) THEN
    RETURN QUERY
    SELECT NULL::int, 'touched', r.conversation_id, r.id, r.seq, r.rev, NULL::int, r.created_at, r.mentions,
           (SELECT c.members_rev FROM conversations c WHERE c.id = r.conversation_id), false, to_jsonb(r)
      FROM message_rows r
     WHERE r.id = ANY (ARRAY(SELECT x.root FROM unnest(p_id, p_thread_root) x(id, root)
                              WHERE x.root IS NOT NULL AND (SELECT true FROM messages m WHERE m.id = x.id)));
  END IF;
END $$;
