-- edit_message again: the text is compared before `p_if_rev`. Where the answer to an edit is lost, the client sends the same
-- edit once more, with the rev that it knew then: the edit itself has moved it, and it must not be told that nothing was stored.
CREATE OR REPLACE FUNCTION edit_message(p_message uuid, p_actor uuid, p_text text, p_if_rev int, p_mention_names text, p_mentions_all boolean)
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
  IF v_before.deleted_at IS NOT NULL THEN RETURN nothing_written('conflict', v_conversation); END IF;
  IF v_before.text = p_text THEN
    RETURN written('unchanged', v_conversation, (SELECT last_rev FROM conversations WHERE id = v_conversation), ARRAY[p_message]);
  END IF;
  IF v_before.rev <> COALESCE(p_if_rev, v_before.rev) THEN RETURN nothing_written('conflict', v_conversation); END IF;
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
