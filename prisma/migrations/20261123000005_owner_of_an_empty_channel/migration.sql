-- join_conversation again: who joins a public channel that everybody has left becomes its owner. Somebody alone has nobody
-- to hand over to and may leave; without this nobody could ever again change or delete the channel.
CREATE OR REPLACE FUNCTION join_conversation(p_conversation uuid, p_message uuid, p_user uuid) RETURNS log_change
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
  PERFORM begin_memberships(p_conversation, ARRAY[p_user], CASE WHEN v_conversation.member_count = 0 THEN 'owner' ELSE 'member' END,
                            v_conversation.last_rev + 1, v_now);
  RETURN written('changed', p_conversation, v_conversation.last_rev, ARRAY[v_message], ARRAY[p_user]);
END $$;
