-- The message log. Whatever writes to a conversation's log is ONE call of a function below, so that a frozen
-- instance never holds a conversation's lock. Each function
--   1. locks the conversation row (FOR NO KEY UPDATE, in id order where there are several) and reads nothing with it;
--   2. then looks around in NEW statements: under READ COMMITTED each takes a new snapshot, which sees what the holders
--      of the lock before us have committed. One statement that locked and read would not;
--   3. takes the next seq and rev, dense, only for what really changes something;
--   4. writes an outbox row with every change, in the same transaction.
-- The role table of docs/protocol.md is checked here, under the lock. A status other than the good ones means that nothing was
-- written. Statuses: created, existing, changed, unchanged; not_found, forbidden, conflict, unknown_user, empty.

-- A message with what hangs on it: what the views of the backend turn into the wire shape.
CREATE VIEW message_rows AS
SELECT m.*,
  CASE WHEN m.deleted_at IS NOT NULL THEN '[]'::jsonb ELSE COALESCE((
    SELECT jsonb_agg(jsonb_build_object('emoji', r.emoji, 'count', r.count, 'user_ids', r.user_ids) ORDER BY r.first, r.emoji)
      FROM (SELECT x.emoji, count(*) AS count, min(x.created_at) AS first,
                   (array_agg(x.user_id ORDER BY x.created_at, x.user_id))[1:100] AS user_ids
              FROM reactions x WHERE x.message_id = m.id GROUP BY x.emoji) r), '[]'::jsonb) END AS reactions,
  CASE WHEN m.deleted_at IS NOT NULL THEN '[]'::jsonb ELSE COALESCE((
    SELECT jsonb_agg(to_jsonb(a) ORDER BY a.position, a.id) FROM attachments a WHERE a.message_id = m.id), '[]'::jsonb)
  END AS attachments
FROM messages m;

-- ---- Sending --------------------------------------------------------------------------------------------------------

-- Commits what waits together, in one round trip: one row of the arrays is one message.
--   p_reply_to, p_thread_root  NULL for none
--   p_mention_names            usernames in lower case, comma-separated; NULL for none. Who is not a member is not mentioned
--   p_attachments              ids, comma-separated; NULL for none. A message with attachments must be sent alone: within
--                              one call nothing keeps two messages from claiming the same file
-- Answers a row for each input row (`ord` from 1), and after them one with status `touched` for each thread root that a
-- reply has moved:
--   created    id, seq, rev, created_at, mentions; root_rev where it is a reply in a thread
--   duplicate  the client id is known: `message` is the first message in its present state. NULL where it was created
--              by an earlier row of this same call: then `id` names that one
--   not_member, reply_not_found, root_not_found, attachment_not_found  nothing was written for this row
--   touched    `message` is the thread root in its present state
-- `members_rev` is the rev of the last membership that ended, read under the lock.
-- One bad row never fails the others. READ COMMITTED only: another level fails on a lost race.
CREATE FUNCTION send_messages(
  p_conversation uuid[], p_sender uuid[], p_client_id text[], p_id uuid[], p_text text[],
  p_reply_to uuid[], p_thread_root uuid[], p_mention_names text[], p_mentions_all boolean[], p_attachments text[])
RETURNS TABLE (ord int, status text, conversation_id uuid, id uuid, seq int, rev int, root_rev int,
               created_at timestamptz, mentions uuid[], members_rev int, message jsonb)
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
             WHEN i.reply_to IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM messages r WHERE r.id = i.reply_to AND r.conversation_id = i.conv) THEN 'reply_not_found'
             WHEN i.root IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM messages r WHERE r.id = i.root AND r.conversation_id = i.conv AND r.kind = 'text'
                 AND r.thread_root_id IS NULL) THEN 'root_not_found'
             WHEN i.files IS NOT NULL AND EXISTS (
               SELECT 1 FROM unnest(string_to_array(i.files, ',')::uuid[]) f(id)
                WHERE NOT EXISTS (SELECT 1 FROM attachments a WHERE a.id = f.id AND a.uploader_id = i.sender
                  AND a.conversation_id = i.conv AND a.message_id IS NULL AND a.status IN ('processing', 'ready')))
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
             SELECT array_agg(u.id ORDER BY u.username) FROM users u
               JOIN members m ON m.user_id = u.id AND m.conversation_id = n.conv AND m.left_at IS NULL
              WHERE u.username = ANY (string_to_array(n.names, ','))), '{}'::uuid[]) END AS mentioned
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
     WHERE m.id = r.root
  ), counters AS (
    UPDATE conversations c SET last_seq = f.seq, last_rev = f.rev, text_count = f.text_count, updated_at = v_now
      FROM (SELECT f.conv, max(f.seq) AS seq, max(f.rev + f.extra) AS rev, max(f.text_count) AS text_count
              FROM fresh f GROUP BY f.conv) f
     WHERE c.id = f.conv
  ), pointers AS (
    UPDATE members m SET read_seq = GREATEST(m.read_seq, f.seq), read_text_count = GREATEST(m.read_text_count, f.text_count),
           delivered_seq = GREATEST(m.delivered_seq, f.seq), marked_unread = false, updated_at = v_now
      FROM (SELECT f.conv, f.sender, max(f.seq) AS seq, max(f.text_count) AS text_count FROM fresh f
             GROUP BY f.conv, f.sender) f
     WHERE m.user_id = f.sender AND m.conversation_id = f.conv
  ), mentioned AS (
    INSERT INTO mentions (user_id, conversation_id, seq)
    SELECT u.id, f.conv, f.seq FROM fresh f CROSS JOIN LATERAL unnest(f.mentioned) u(id) WHERE f.mentioned <> '{}'
  ), claimed AS (
    UPDATE attachments a SET message_id = f.id, position = x.place::int
      FROM fresh f CROSS JOIN LATERAL unnest(string_to_array(f.files, ',')::uuid[]) WITH ORDINALITY x(id, place)
     WHERE f.files IS NOT NULL AND a.id = x.id
  ), outgoing AS (
    INSERT INTO outbox (conversation_id, rev, message_id, created_at)
    SELECT f.conv, f.rev + f.extra, f.id, v_now FROM fresh f ORDER BY f.conv, f.rev
  )
  SELECT i.ord,
         CASE WHEN i.status = 'created' AND f.ord <> i.ord THEN 'duplicate' ELSE i.status END,
         i.conv, COALESCE(i.known_id, f.id), f.seq, f.rev, CASE WHEN f.root IS NOT NULL THEN f.rev + 1 END,
         v_now, f.mentioned,
         (SELECT c.members_rev FROM conversations c WHERE c.id = i.conv LIMIT 1),
         CASE WHEN i.status = 'duplicate' THEN (SELECT to_jsonb(r) FROM message_rows r WHERE r.id = i.known_id) END
    FROM input i
    LEFT JOIN fresh f ON i.status = 'created' AND f.conv = i.conv AND f.sender = i.sender AND f.client_id = i.client_id
   ORDER BY i.ord;

  IF EXISTS (SELECT 1 FROM unnest(p_thread_root) r(id) WHERE r.id IS NOT NULL) THEN
    RETURN QUERY
    SELECT NULL::int, 'touched', r.conversation_id, r.id, r.seq, r.rev, NULL::int, r.created_at, r.mentions, c.members_rev, to_jsonb(r)
      FROM message_rows r JOIN conversations c ON c.id = r.conversation_id
     WHERE r.id IN (SELECT x.root FROM unnest(p_id, p_thread_root) x(id, root)
                     WHERE EXISTS (SELECT 1 FROM messages m WHERE m.id = x.id));
  END IF;
END $$;

-- ---- Everything else: one conversation, one change -------------------------------------------------------------------
-- All answer one row:
--   status       see above
--   from_rev     the conversation's rev before; to_rev after. Equal where nothing changed
--   members_rev  the rev of the last membership that ended
--   messages     the messages touched, rev ascending, as rows of message_rows; the one asked about where nothing changed
--   user_ids     people whose membership began or ended by this

CREATE TYPE log_change AS (status text, conversation_id uuid, from_rev int, to_rev int, members_rev int, messages jsonb, user_ids uuid[]);

CREATE FUNCTION nothing_written(p_status text, p_conversation uuid) RETURNS log_change
LANGUAGE sql IMMUTABLE AS $$
  SELECT (p_status, p_conversation, 0, 0, 0, '[]'::jsonb, '{}'::uuid[])::log_change
$$;

-- The change as it stands after the writes of this transaction.
CREATE FUNCTION written(p_status text, p_conversation uuid, p_from_rev int, p_messages uuid[], p_users uuid[] DEFAULT '{}')
RETURNS log_change LANGUAGE sql VOLATILE AS $$
  SELECT (p_status, c.id, p_from_rev, c.last_rev, c.members_rev,
          COALESCE((SELECT jsonb_agg(to_jsonb(r) ORDER BY r.rev) FROM message_rows r WHERE r.id = ANY (p_messages)), '[]'::jsonb),
          p_users)::log_change
    FROM conversations c WHERE c.id = p_conversation
$$;

-- The caller's role, NULL where the conversation is not theirs to see. Takes the lock first.
CREATE FUNCTION lock_as_member(p_conversation uuid, p_user uuid) RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM 1 FROM conversations c WHERE c.id = p_conversation FOR NO KEY UPDATE;
  RETURN (SELECT m.role FROM members m JOIN conversations c ON c.id = m.conversation_id
           WHERE m.user_id = p_user AND m.conversation_id = p_conversation AND m.left_at IS NULL AND c.deleted_at IS NULL);
END $$;

-- Takes the next rev for a message that is there already. The lock is held.
CREATE FUNCTION take_rev(p_conversation uuid, p_message uuid, p_now timestamptz) RETURNS int
LANGUAGE plpgsql VOLATILE AS $$
DECLARE v_rev int;
BEGIN
  UPDATE conversations SET last_rev = last_rev + 1, updated_at = p_now WHERE id = p_conversation RETURNING last_rev INTO v_rev;
  UPDATE messages SET rev = v_rev WHERE id = p_message;
  INSERT INTO outbox (conversation_id, rev, message_id, created_at) VALUES (p_conversation, v_rev, p_message, p_now);
  RETURN v_rev;
END $$;

-- Appends a system message; the lock is held. Its author has read it.
CREATE FUNCTION append_system(p_conversation uuid, p_id uuid, p_actor uuid, p_system jsonb, p_now timestamptz) RETURNS int
LANGUAGE plpgsql VOLATILE AS $$
DECLARE v_conversation conversations;
BEGIN
  UPDATE conversations SET last_seq = last_seq + 1, last_rev = last_rev + 1, updated_at = p_now
   WHERE id = p_conversation RETURNING * INTO v_conversation;
  INSERT INTO messages (conversation_id, seq, id, rev, kind, sender_id, text, text_count, system, created_at)
  VALUES (p_conversation, v_conversation.last_seq, p_id, v_conversation.last_rev, 'system', p_actor, '',
          v_conversation.text_count, p_system, p_now);
  INSERT INTO outbox (conversation_id, rev, message_id, created_at) VALUES (p_conversation, v_conversation.last_rev, p_id, p_now);
  RETURN v_conversation.last_rev;
END $$;

-- Somebody came or went by themselves: folds into the newest message when that tells the same already, up to 100 people;
-- the id of the message is answered.
CREATE FUNCTION append_coming_or_going(p_conversation uuid, p_id uuid, p_actor uuid, p_type text, p_now timestamptz)
RETURNS uuid LANGUAGE plpgsql VOLATILE AS $$
DECLARE v_newest messages;
BEGIN
  SELECT m.* INTO v_newest FROM messages m JOIN conversations c ON c.id = m.conversation_id AND m.seq = c.last_seq
   WHERE c.id = p_conversation;
  IF v_newest.kind = 'system' AND v_newest.system ->> 'type' = p_type
     AND NOT v_newest.system -> 'userIds' ? p_actor::text AND jsonb_array_length(v_newest.system -> 'userIds') < 100 THEN
    UPDATE messages SET system = jsonb_set(system, '{userIds}', (system -> 'userIds') || to_jsonb(p_actor)) WHERE id = v_newest.id;
    PERFORM take_rev(p_conversation, v_newest.id, p_now);
    RETURN v_newest.id;
  END IF;
  PERFORM append_system(p_conversation, p_id, p_actor,
                        jsonb_build_object('type', p_type, 'userIds', jsonb_build_array(p_actor)), p_now);
  RETURN p_id;
END $$;

-- Begins memberships (again). Somebody new has nothing unread: the pointers stand at the head.
CREATE FUNCTION begin_memberships(p_conversation uuid, p_users uuid[], p_role text, p_rev int, p_now timestamptz)
RETURNS void LANGUAGE sql VOLATILE AS $$
  INSERT INTO members AS m (user_id, conversation_id, role, joined_rev, joined_at, read_seq, read_text_count, delivered_seq, updated_at)
  SELECT u.id, c.id, p_role, p_rev, p_now, c.last_seq, c.text_count, c.last_seq, p_now
    FROM unnest(p_users) u(id), conversations c WHERE c.id = p_conversation ORDER BY u.id
  ON CONFLICT (user_id, conversation_id) DO UPDATE
    SET role = EXCLUDED.role, joined_rev = EXCLUDED.joined_rev, joined_at = EXCLUDED.joined_at, left_rev = NULL, left_at = NULL,
        read_seq = GREATEST(m.read_seq, EXCLUDED.read_seq), read_text_count = GREATEST(m.read_text_count, EXCLUDED.read_text_count),
        delivered_seq = GREATEST(m.delivered_seq, EXCLUDED.delivered_seq), marked_unread = false, updated_at = EXCLUDED.updated_at;
  UPDATE conversations SET member_count = member_count + cardinality(p_users) WHERE id = p_conversation;
$$;

CREATE FUNCTION end_membership(p_conversation uuid, p_user uuid, p_rev int, p_now timestamptz) RETURNS void
LANGUAGE sql VOLATILE AS $$
  UPDATE members SET left_at = p_now, left_rev = p_rev, updated_at = p_now
   WHERE user_id = p_user AND conversation_id = p_conversation;
  UPDATE conversations SET member_count = member_count - 1, members_rev = p_rev WHERE id = p_conversation;
$$;

CREATE FUNCTION is_last_owner(p_conversation uuid, p_user uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM members WHERE conversation_id = p_conversation AND user_id = p_user AND left_at IS NULL AND role = 'owner')
     AND NOT EXISTS (SELECT 1 FROM members WHERE conversation_id = p_conversation AND user_id <> p_user AND left_at IS NULL AND role = 'owner')
$$;

CREATE FUNCTION clock_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT date_trunc('milliseconds', clock_timestamp()) $$;

-- p_members without the creator. `existing`: a direct that exists, or a client id that is known; its id is answered.
-- `unknown_user`: user_ids names those who do not exist.
CREATE FUNCTION create_conversation(p_id uuid, p_message uuid, p_kind text, p_creator uuid, p_members uuid[], p_visibility text,
                                    p_title text, p_client_id text)
RETURNS log_change LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_now timestamptz := clock_now();
  v_id uuid;
  v_unknown uuid[];
  v_key text := CASE WHEN p_kind = 'direct' THEN LEAST(p_creator, p_members[1])::text || ':' || GREATEST(p_creator, p_members[1])::text END;
  v_change log_change;
BEGIN
  IF p_client_id IS NOT NULL THEN
    SELECT c.id INTO v_id FROM conversations c WHERE c.created_by = p_creator AND c.client_conversation_id = p_client_id;
    IF FOUND THEN RETURN nothing_written('existing', v_id); END IF;
  END IF;
  SELECT array_agg(m.id) INTO v_unknown FROM unnest(p_members) m(id)
   WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = m.id AND u.kind <> 'deleted');
  IF v_unknown IS NOT NULL THEN
    v_change := nothing_written('unknown_user', p_id);
    v_change.user_ids := v_unknown;
    RETURN v_change;
  END IF;
  -- Waits for a race on the same pair or client id, and inserts nothing when the other one wins.
  INSERT INTO conversations (id, kind, visibility, title, direct_key, created_by, client_conversation_id, created_at, updated_at)
  VALUES (p_id, p_kind, p_visibility, p_title, v_key, p_creator, p_client_id, v_now, v_now)
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT c.id INTO STRICT v_id FROM conversations c
     WHERE c.direct_key = v_key OR (c.created_by = p_creator AND c.client_conversation_id = p_client_id)
     ORDER BY c.client_conversation_id = p_client_id DESC NULLS LAST LIMIT 1;
    RETURN nothing_written('existing', v_id);
  END IF;
  PERFORM append_system(p_id, p_message, p_creator, '{"type": "created"}', v_now);
  PERFORM begin_memberships(p_id, ARRAY[p_creator], CASE WHEN p_kind = 'direct' THEN 'member' ELSE 'owner' END, 1, v_now);
  IF cardinality(p_members) > 0 THEN PERFORM begin_memberships(p_id, p_members, 'member', 1, v_now); END IF;
  RETURN written('created', p_id, 0, ARRAY[p_message], p_creator || p_members);
END $$;

CREATE FUNCTION add_members(p_conversation uuid, p_message uuid, p_actor uuid, p_users uuid[]) RETURNS log_change
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_role text := lock_as_member(p_conversation, p_actor);
  v_now timestamptz := clock_now();
  v_conversation conversations;
  v_unknown uuid[];
  v_new uuid[];
  v_change log_change;
BEGIN
  IF v_role IS NULL THEN RETURN nothing_written('not_found', p_conversation); END IF;
  SELECT * INTO v_conversation FROM conversations WHERE id = p_conversation;
  IF v_conversation.kind = 'direct' THEN RETURN nothing_written('conflict', p_conversation); END IF;
  SELECT array_agg(x.id) INTO v_unknown FROM unnest(p_users) x(id)
   WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = x.id AND u.kind <> 'deleted');
  IF v_unknown IS NOT NULL THEN
    v_change := nothing_written('unknown_user', p_conversation);
    v_change.user_ids := v_unknown;
    RETURN v_change;
  END IF;
  SELECT array_agg(DISTINCT x.id) INTO v_new FROM unnest(p_users) x(id)
   WHERE NOT EXISTS (SELECT 1 FROM members m WHERE m.user_id = x.id AND m.conversation_id = p_conversation AND m.left_at IS NULL);
  IF v_new IS NULL THEN RETURN written('unchanged', p_conversation, v_conversation.last_rev, '{}'); END IF;
  PERFORM append_system(p_conversation, p_message, p_actor,
                        jsonb_build_object('type', 'members-added', 'userIds', to_jsonb(v_new)), v_now);
  PERFORM begin_memberships(p_conversation, v_new, 'member', v_conversation.last_rev + 1, v_now);
  RETURN written('changed', p_conversation, v_conversation.last_rev, ARRAY[p_message], v_new);
END $$;

CREATE FUNCTION join_conversation(p_conversation uuid, p_message uuid, p_user uuid) RETURNS log_change
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_role text := lock_as_member(p_conversation, p_user);
  v_now timestamptz := clock_now();
  v_conversation conversations;
  v_message uuid;
BEGIN
  SELECT * INTO v_conversation FROM conversations WHERE id = p_conversation;
  IF v_role IS NOT NULL THEN
    IF v_conversation.kind = 'direct' THEN RETURN nothing_written('conflict', p_conversation); END IF;
    RETURN written('unchanged', p_conversation, v_conversation.last_rev, '{}');
  END IF;
  IF v_conversation.id IS NULL OR v_conversation.deleted_at IS NOT NULL
     OR v_conversation.kind <> 'channel' OR v_conversation.visibility <> 'public' THEN
    RETURN nothing_written('not_found', p_conversation);
  END IF;
  v_message := append_coming_or_going(p_conversation, p_message, p_user, 'joined', v_now);
  PERFORM begin_memberships(p_conversation, ARRAY[p_user], 'member', v_conversation.last_rev + 1, v_now);
  RETURN written('changed', p_conversation, v_conversation.last_rev, ARRAY[v_message], ARRAY[p_user]);
END $$;

CREATE FUNCTION leave_conversation(p_conversation uuid, p_message uuid, p_user uuid) RETURNS log_change
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_role text := lock_as_member(p_conversation, p_user);
  v_now timestamptz := clock_now();
  v_conversation conversations;
  v_message uuid;
BEGIN
  IF v_role IS NULL THEN RETURN nothing_written('not_found', p_conversation); END IF;
  SELECT * INTO v_conversation FROM conversations WHERE id = p_conversation;
  -- The last owner hands over first; somebody alone has nobody to hand over to.
  IF v_conversation.kind = 'direct' OR (v_conversation.member_count > 1 AND is_last_owner(p_conversation, p_user)) THEN
    RETURN nothing_written('conflict', p_conversation);
  END IF;
  v_message := append_coming_or_going(p_conversation, p_message, p_user, 'left', v_now);
  PERFORM end_membership(p_conversation, p_user, v_conversation.last_rev + 1, v_now);
  RETURN written('changed', p_conversation, v_conversation.last_rev, ARRAY[v_message], ARRAY[p_user]);
END $$;

-- Not for oneself: that is leaving.
CREATE FUNCTION remove_member(p_conversation uuid, p_message uuid, p_actor uuid, p_user uuid) RETURNS log_change
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_role text := lock_as_member(p_conversation, p_actor);
  v_now timestamptz := clock_now();
  v_conversation conversations;
  v_target text;
BEGIN
  IF v_role IS NULL THEN RETURN nothing_written('not_found', p_conversation); END IF;
  SELECT * INTO v_conversation FROM conversations WHERE id = p_conversation;
  IF v_conversation.kind = 'direct' THEN RETURN nothing_written('conflict', p_conversation); END IF;
  IF v_role = 'member' THEN RETURN nothing_written('forbidden', p_conversation); END IF;
  SELECT role INTO v_target FROM members WHERE conversation_id = p_conversation AND user_id = p_user AND left_at IS NULL;
  IF v_target IS NULL THEN RETURN nothing_written('not_found', p_conversation); END IF;
  IF v_target = 'owner' AND v_role <> 'owner' THEN RETURN nothing_written('forbidden', p_conversation); END IF;
  PERFORM append_system(p_conversation, p_message, p_actor,
                        jsonb_build_object('type', 'members-removed', 'userIds', jsonb_build_array(p_user)), v_now);
  PERFORM end_membership(p_conversation, p_user, v_conversation.last_rev + 1, v_now);
  RETURN written('changed', p_conversation, v_conversation.last_rev, ARRAY[p_message], ARRAY[p_user]);
END $$;

CREATE FUNCTION change_member_role(p_conversation uuid, p_message uuid, p_actor uuid, p_user uuid, p_role text) RETURNS log_change
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_role text := lock_as_member(p_conversation, p_actor);
  v_now timestamptz := clock_now();
  v_conversation conversations;
  v_from text;
BEGIN
  IF v_role IS NULL THEN RETURN nothing_written('not_found', p_conversation); END IF;
  SELECT * INTO v_conversation FROM conversations WHERE id = p_conversation;
  IF v_conversation.kind = 'direct' THEN RETURN nothing_written('conflict', p_conversation); END IF;
  IF v_role <> 'owner' THEN RETURN nothing_written('forbidden', p_conversation); END IF;
  SELECT role INTO v_from FROM members WHERE conversation_id = p_conversation AND user_id = p_user AND left_at IS NULL;
  IF v_from IS NULL THEN RETURN nothing_written('not_found', p_conversation); END IF;
  IF v_from = p_role THEN RETURN written('unchanged', p_conversation, v_conversation.last_rev, '{}'); END IF;
  IF v_from = 'owner' AND is_last_owner(p_conversation, p_user) THEN RETURN nothing_written('conflict', p_conversation); END IF;
  PERFORM append_system(p_conversation, p_message, p_actor,
                        jsonb_build_object('type', 'role', 'userId', p_user, 'from', v_from, 'to', p_role), v_now);
  UPDATE members SET role = p_role, updated_at = v_now WHERE conversation_id = p_conversation AND user_id = p_user;
  RETURN written('changed', p_conversation, v_conversation.last_rev, ARRAY[p_message], ARRAY[p_user]);
END $$;

-- p_changes: { title?, topic?, visibility? }, JSON null clears. p_messages: an id for each of the three.
CREATE FUNCTION change_conversation(p_conversation uuid, p_messages uuid[], p_actor uuid, p_changes jsonb) RETURNS log_change
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_role text := lock_as_member(p_conversation, p_actor);
  v_now timestamptz := clock_now();
  v_before conversations;
  v_field text;
  v_from text;
  v_used uuid[] := '{}';
BEGIN
  IF v_role IS NULL THEN RETURN nothing_written('not_found', p_conversation); END IF;
  SELECT * INTO v_before FROM conversations WHERE id = p_conversation;
  IF v_before.kind = 'direct' OR (p_changes ? 'visibility' AND v_before.kind <> 'channel') THEN
    RETURN nothing_written('conflict', p_conversation);
  END IF;
  IF v_role = 'member' OR (p_changes ? 'visibility' AND v_role <> 'owner') THEN
    RETURN nothing_written('forbidden', p_conversation);
  END IF;
  FOREACH v_field IN ARRAY ARRAY['title', 'topic', 'visibility'] LOOP
    v_from := to_jsonb(v_before) ->> v_field;
    CONTINUE WHEN NOT p_changes ? v_field OR v_from IS NOT DISTINCT FROM p_changes ->> v_field;
    v_used := v_used || p_messages[cardinality(v_used) + 1];
    PERFORM append_system(p_conversation, v_used[cardinality(v_used)], p_actor,
                          jsonb_build_object('type', v_field, 'from', v_from, 'to', p_changes ->> v_field), v_now);
  END LOOP;
  UPDATE conversations SET
    title = CASE WHEN p_changes ? 'title' THEN p_changes ->> 'title' ELSE title END,
    topic = CASE WHEN p_changes ? 'topic' THEN p_changes ->> 'topic' ELSE topic END,
    visibility = CASE WHEN p_changes ? 'visibility' THEN p_changes ->> 'visibility' ELSE visibility END
   WHERE id = p_conversation;
  RETURN written(CASE WHEN v_used = '{}' THEN 'unchanged' ELSE 'changed' END, p_conversation, v_before.last_rev, v_used);
END $$;

-- Hides the conversation from all; rows are kept. Nothing is written to the log: nobody is left to read it.
CREATE FUNCTION delete_conversation(p_conversation uuid, p_actor uuid) RETURNS log_change
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_role text := lock_as_member(p_conversation, p_actor);
  v_now timestamptz := clock_now();
  v_conversation conversations;
  v_members uuid[];
BEGIN
  IF v_role IS NULL THEN RETURN nothing_written('not_found', p_conversation); END IF;
  SELECT * INTO v_conversation FROM conversations WHERE id = p_conversation;
  IF v_conversation.kind = 'direct' THEN RETURN nothing_written('conflict', p_conversation); END IF;
  IF v_role <> 'owner' THEN RETURN nothing_written('forbidden', p_conversation); END IF;
  WITH ended AS (
    UPDATE members SET left_at = v_now, left_rev = v_conversation.last_rev, updated_at = v_now
     WHERE conversation_id = p_conversation AND left_at IS NULL RETURNING user_id)
  SELECT array_agg(user_id) INTO v_members FROM ended;
  UPDATE conversations SET deleted_at = v_now, updated_at = v_now, member_count = 0, members_rev = last_rev WHERE id = p_conversation;
  RETURN written('changed', p_conversation, v_conversation.last_rev, '{}', v_members);
END $$;

-- ---- Changes of a message ---------------------------------------------------------------------------------------------

-- `conflict`: deleted, a system message, or p_if_rev is not its rev. `empty`: no text and no attachment.
CREATE FUNCTION edit_message(p_message uuid, p_actor uuid, p_text text, p_if_rev int, p_mention_names text, p_mentions_all boolean)
RETURNS log_change LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_conversation uuid := (SELECT conversation_id FROM messages WHERE id = p_message);
  v_role text := lock_as_member(v_conversation, p_actor);
  v_now timestamptz := clock_now();
  v_before messages;
  v_mentions uuid[];
  v_rev int;
BEGIN
  IF v_role IS NULL THEN RETURN nothing_written('not_found', v_conversation); END IF;
  SELECT * INTO v_before FROM messages WHERE id = p_message;
  IF v_before.kind = 'system' OR v_before.sender_id <> p_actor THEN RETURN nothing_written('forbidden', v_conversation); END IF;
  IF v_before.deleted_at IS NOT NULL OR v_before.rev <> COALESCE(p_if_rev, v_before.rev) THEN
    RETURN nothing_written('conflict', v_conversation);
  END IF;
  IF v_before.text = p_text THEN
    RETURN written('unchanged', v_conversation, (SELECT last_rev FROM conversations WHERE id = v_conversation), ARRAY[p_message]);
  END IF;
  IF p_text = '' AND NOT EXISTS (SELECT 1 FROM attachments WHERE message_id = p_message) THEN
    RETURN nothing_written('empty', v_conversation);
  END IF;
  SELECT COALESCE(array_agg(u.id ORDER BY u.username), '{}') INTO v_mentions FROM users u
    JOIN members m ON m.user_id = u.id AND m.conversation_id = v_conversation AND m.left_at IS NULL
   WHERE u.username = ANY (string_to_array(p_mention_names, ','));
  v_rev := take_rev(v_conversation, p_message, v_now);
  INSERT INTO message_edits (message_id, rev, text, edited_at) VALUES (p_message, v_rev, v_before.text, v_now);
  UPDATE messages SET text = p_text, edited_at = v_now, mentions = v_mentions, mentions_all = p_mentions_all WHERE id = p_message;
  DELETE FROM mentions WHERE conversation_id = v_conversation AND seq = v_before.seq AND user_id = ANY (v_before.mentions);
  INSERT INTO mentions (user_id, conversation_id, seq) SELECT u, v_conversation, v_before.seq FROM unnest(v_mentions) u;
  RETURN written('changed', v_conversation, v_rev - 1, ARRAY[p_message]);
END $$;

-- A tombstone keeps seq and place, and a thread's count: the reply's place in the thread stays too. What was written is gone,
-- earlier versions included.
CREATE FUNCTION delete_message(p_message uuid, p_actor uuid) RETURNS log_change LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_conversation uuid := (SELECT conversation_id FROM messages WHERE id = p_message);
  v_role text := lock_as_member(v_conversation, p_actor);
  v_now timestamptz := clock_now();
  v_before messages;
  v_rev int;
BEGIN
  IF v_role IS NULL THEN RETURN nothing_written('not_found', v_conversation); END IF;
  SELECT * INTO v_before FROM messages WHERE id = p_message;
  IF v_before.kind = 'system' OR (v_before.sender_id <> p_actor AND v_role = 'member') THEN
    RETURN nothing_written('forbidden', v_conversation);
  END IF;
  IF v_before.deleted_at IS NOT NULL THEN
    RETURN written('unchanged', v_conversation, (SELECT last_rev FROM conversations WHERE id = v_conversation), ARRAY[p_message]);
  END IF;
  v_rev := take_rev(v_conversation, p_message, v_now);
  UPDATE messages SET text = '', mentions = '{}', mentions_all = false, pinned_at = NULL, deleted_at = v_now WHERE id = p_message;
  DELETE FROM mentions WHERE conversation_id = v_conversation AND seq = v_before.seq AND user_id = ANY (v_before.mentions);
  DELETE FROM reactions WHERE message_id = p_message;
  DELETE FROM message_edits WHERE message_id = p_message;
  DELETE FROM message_search WHERE message_id = p_message;
  RETURN written('changed', v_conversation, v_rev - 1, ARRAY[p_message]);
END $$;

-- `conflict`: deleted, a system message, or it has 20 different emoji already.
CREATE FUNCTION set_reaction(p_message uuid, p_actor uuid, p_emoji text, p_on boolean) RETURNS log_change
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_conversation uuid := (SELECT conversation_id FROM messages WHERE id = p_message);
  v_role text := lock_as_member(v_conversation, p_actor);
  v_now timestamptz := clock_now();
  v_before messages;
  v_rev int;
BEGIN
  IF v_role IS NULL THEN RETURN nothing_written('not_found', v_conversation); END IF;
  SELECT * INTO v_before FROM messages WHERE id = p_message;
  IF v_before.kind = 'system' OR v_before.deleted_at IS NOT NULL THEN RETURN nothing_written('conflict', v_conversation); END IF;
  IF p_on = EXISTS (SELECT 1 FROM reactions WHERE message_id = p_message AND emoji = p_emoji AND user_id = p_actor) THEN
    RETURN written('unchanged', v_conversation, (SELECT last_rev FROM conversations WHERE id = v_conversation), ARRAY[p_message]);
  END IF;
  IF p_on THEN
    IF (SELECT count(DISTINCT emoji) FILTER (WHERE emoji <> p_emoji) FROM reactions WHERE message_id = p_message) >= 20 THEN
      RETURN nothing_written('conflict', v_conversation);
    END IF;
    INSERT INTO reactions (message_id, emoji, user_id, created_at) VALUES (p_message, p_emoji, p_actor, v_now);
  ELSE
    DELETE FROM reactions WHERE message_id = p_message AND emoji = p_emoji AND user_id = p_actor;
  END IF;
  v_rev := take_rev(v_conversation, p_message, v_now);
  RETURN written('changed', v_conversation, v_rev - 1, ARRAY[p_message]);
END $$;

CREATE FUNCTION set_pin(p_message uuid, p_actor uuid, p_on boolean) RETURNS log_change LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_conversation uuid := (SELECT conversation_id FROM messages WHERE id = p_message);
  v_role text := lock_as_member(v_conversation, p_actor);
  v_now timestamptz := clock_now();
  v_before messages;
  v_rev int;
BEGIN
  IF v_role IS NULL THEN RETURN nothing_written('not_found', v_conversation); END IF;
  IF v_role = 'member' THEN RETURN nothing_written('forbidden', v_conversation); END IF;
  SELECT * INTO v_before FROM messages WHERE id = p_message;
  IF v_before.kind = 'system' OR v_before.deleted_at IS NOT NULL THEN RETURN nothing_written('conflict', v_conversation); END IF;
  IF p_on = (v_before.pinned_at IS NOT NULL) THEN
    RETURN written('unchanged', v_conversation, (SELECT last_rev FROM conversations WHERE id = v_conversation), ARRAY[p_message]);
  END IF;
  UPDATE messages SET pinned_at = CASE WHEN p_on THEN v_now END WHERE id = p_message;
  v_rev := take_rev(v_conversation, p_message, v_now);
  RETURN written('changed', v_conversation, v_rev - 1, ARRAY[p_message]);
END $$;

-- ---- Pointers ----------------------------------------------------------------------------------------------------------

-- Unread of one member: messages of kind text above the pointer. None of them are the member's own: sending moves the pointer.
CREATE FUNCTION unread_mentions(p_user uuid, p_conversation uuid, p_read_seq int) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT (SELECT count(*) FROM mentions n WHERE n.user_id = p_user AND n.conversation_id = p_conversation AND n.seq > p_read_seq)::int
       + (SELECT count(*) FROM messages m WHERE m.conversation_id = p_conversation AND m.seq > p_read_seq AND m.mentions_all
             AND m.sender_id <> p_user AND NOT p_user = ANY (m.mentions))::int
$$;

-- Pointers only move forward, and never past the head. Takes no lock on the conversation, and one row only: many rows in one
-- transaction would deadlock with the writer. `changed` tells whether anything moved; no row: not a member.
CREATE FUNCTION move_pointers(p_conversation uuid, p_user uuid, p_read_seq int, p_delivered_seq int)
RETURNS TABLE (read_seq int, delivered_seq int, unread int, mentions int, changed boolean)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  v_last int;
  v_read int;
  v_delivered int;
  v_before members;
BEGIN
  SELECT * INTO v_before FROM members m WHERE m.user_id = p_user AND m.conversation_id = p_conversation AND m.left_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT last_seq INTO v_last FROM conversations c WHERE c.id = p_conversation AND c.deleted_at IS NULL;
  IF NOT FOUND THEN RETURN; END IF;
  v_read := GREATEST(v_before.read_seq, LEAST(COALESCE(p_read_seq, 0), v_last));
  -- What was read was delivered.
  v_delivered := GREATEST(v_before.delivered_seq, LEAST(COALESCE(p_delivered_seq, 0), v_last), v_read);
  changed := v_read > v_before.read_seq OR v_delivered > v_before.delivered_seq OR (p_read_seq IS NOT NULL AND v_before.marked_unread);
  IF changed THEN
    UPDATE members m SET read_seq = v_read, delivered_seq = v_delivered,
           read_text_count = COALESCE((SELECT text_count FROM messages x WHERE x.conversation_id = p_conversation AND x.seq = v_read), 0),
           marked_unread = m.marked_unread AND p_read_seq IS NULL, updated_at = clock_now()
     WHERE m.user_id = p_user AND m.conversation_id = p_conversation;
  END IF;
  RETURN QUERY
  SELECT m.read_seq, m.delivered_seq, c.text_count - m.read_text_count, unread_mentions(p_user, p_conversation, m.read_seq), changed
    FROM members m JOIN conversations c ON c.id = m.conversation_id
   WHERE m.user_id = p_user AND m.conversation_id = p_conversation;
END $$;
