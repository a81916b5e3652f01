-- Pointers are written in batches: a commit for each reader of a busy conversation was most of what PostgreSQL had to sync.
-- `move_pointers` stays for the instances of the version before, which call it until they are replaced.

-- Moves the pointers of many, one row of the arrays each: forward only, and never past the head. NULL leaves a pointer.
-- Answers a row for each (`ord` from 1):
--   held        where the pointers are now, what is unread, whether this call `changed` anything and took the mark "unread"
--               away (`unmarked`). Rows that name the same member get the same answer
--   busy        somebody else writes this member now: nothing was done, call again. Waiting for one row while holding
--               others would deadlock with the writer of messages, which takes conversations in order and members in none
--   not_member  of a conversation that is there
-- The first statement locks, the second has a snapshot of its own and sees what those who held the rows before committed.
-- A sequential scan chosen while the tables were small would stay in the cached plan.
CREATE FUNCTION advance_pointers(p_conversation uuid[], p_user uuid[], p_read_seq int[], p_delivered_seq int[])
RETURNS TABLE (ord int, status text, read_seq int, delivered_seq int, unread int, changed boolean, unmarked boolean,
               member_count int)
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  v_held int[];
BEGIN
  v_held := ARRAY(
    SELECT i.ord::int FROM unnest(p_conversation, p_user) WITH ORDINALITY i(conv, usr, ord)
      JOIN members m ON m.user_id = i.usr AND m.conversation_id = i.conv
     WHERE m.left_at IS NULL FOR NO KEY UPDATE OF m SKIP LOCKED);

  RETURN QUERY
  WITH input AS MATERIALIZED (
    SELECT i.ord::int AS ord, i.conv, i.usr, i.read_to, i.delivered_to
      FROM unnest(p_conversation, p_user, p_read_seq, p_delivered_seq)
           WITH ORDINALITY i(conv, usr, read_to, delivered_to, ord)
  ), wanted AS (
    SELECT i.conv, i.usr, max(i.read_to) AS read_to, max(i.delivered_to) AS delivered_to
      FROM input i WHERE i.ord = ANY (v_held) GROUP BY i.conv, i.usr
  ), held AS (
    SELECT m.user_id, m.conversation_id, m.read_seq AS read_before, m.delivered_seq AS delivered_before, m.read_text_count,
           GREATEST(m.read_seq, LEAST(COALESCE(w.read_to, 0), c.last_seq)) AS read_now,
           -- What was read was delivered.
           GREATEST(m.delivered_seq, LEAST(GREATEST(w.delivered_to, w.read_to, 0), c.last_seq), m.read_seq) AS delivered_now,
           w.read_to IS NOT NULL AND m.marked_unread AS unmarked, c.text_count, c.member_count
      FROM wanted w
      JOIN members m ON m.user_id = w.usr AND m.conversation_id = w.conv
      JOIN conversations c ON c.id = w.conv AND c.deleted_at IS NULL
  ), target AS MATERIALIZED (
    SELECT h.*, h.read_now > h.read_before OR h.delivered_now > h.delivered_before OR h.unmarked AS changed,
           CASE WHEN h.read_now > h.read_before
             THEN COALESCE((SELECT x.text_count FROM messages x WHERE x.conversation_id = h.conversation_id AND x.seq = h.read_now), 0)
             ELSE h.read_text_count END AS read_texts
      FROM held h
  ), moved AS (
    UPDATE members m SET read_seq = t.read_now, delivered_seq = t.delivered_now, read_text_count = t.read_texts,
           marked_unread = m.marked_unread AND NOT t.unmarked, updated_at = clock_now(),
           settings_at = CASE WHEN t.unmarked THEN clock_now() ELSE m.settings_at END
      FROM target t WHERE m.user_id = t.user_id AND m.conversation_id = t.conversation_id AND t.changed
  )
  SELECT i.ord,
         CASE WHEN t.user_id IS NOT NULL THEN 'held'
              WHEN EXISTS (SELECT 1 FROM members m JOIN conversations c ON c.id = m.conversation_id
                            WHERE m.user_id = i.usr AND m.conversation_id = i.conv AND m.left_at IS NULL
                              AND c.deleted_at IS NULL) THEN 'busy'
              ELSE 'not_member' END,
         t.read_now, t.delivered_now, t.text_count - t.read_texts, t.changed, t.unmarked, t.member_count
    FROM input i LEFT JOIN target t ON t.user_id = i.usr AND t.conversation_id = i.conv
   ORDER BY i.ord;
END $$;
