-- Tables and indexes as prisma/schema.prisma describes them, then what Prisma can not express.

-- CreateTable
CREATE TABLE "epoch" (
    "id" SMALLINT NOT NULL DEFAULT 1,
    "value" TEXT NOT NULL,

    CONSTRAINT "epoch_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "username" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "email" TEXT,
    "password_hash" TEXT,
    "avatar_attachment_id" UUID,
    "kind" TEXT NOT NULL DEFAULT 'person',
    "role" TEXT NOT NULL DEFAULT 'member',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "refresh_hash" TEXT NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 0,
    "recent_rotations" TIMESTAMPTZ(3)[] DEFAULT ARRAY[]::TIMESTAMPTZ(3)[],
    "user_agent" TEXT NOT NULL,
    "ip" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "conversations" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "visibility" TEXT NOT NULL DEFAULT 'private',
    "title" TEXT,
    "topic" TEXT,
    "direct_key" TEXT,
    "created_by" UUID NOT NULL,
    "client_conversation_id" TEXT,
    "member_count" INTEGER NOT NULL DEFAULT 0,
    "last_seq" INTEGER NOT NULL DEFAULT 0,
    "last_rev" INTEGER NOT NULL DEFAULT 0,
    "text_count" INTEGER NOT NULL DEFAULT 0,
    "members_rev" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "conversations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "members" (
    "user_id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "role" TEXT NOT NULL DEFAULT 'member',
    "joined_rev" INTEGER NOT NULL,
    "joined_at" TIMESTAMPTZ(3) NOT NULL,
    "left_rev" INTEGER,
    "left_at" TIMESTAMPTZ(3),
    "read_seq" INTEGER NOT NULL DEFAULT 0,
    "read_text_count" INTEGER NOT NULL DEFAULT 0,
    "delivered_seq" INTEGER NOT NULL DEFAULT 0,
    "marked_unread" BOOLEAN NOT NULL DEFAULT false,
    "muted" BOOLEAN NOT NULL DEFAULT false,
    "pinned" BOOLEAN NOT NULL DEFAULT false,
    "archived" BOOLEAN NOT NULL DEFAULT false,
    "notify" TEXT NOT NULL DEFAULT 'all',
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "members_pkey" PRIMARY KEY ("user_id","conversation_id")
);

-- CreateTable
CREATE TABLE "messages" (
    "conversation_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "id" UUID NOT NULL,
    "rev" INTEGER NOT NULL,
    "kind" TEXT NOT NULL DEFAULT 'text',
    "sender_id" UUID NOT NULL,
    "client_message_id" TEXT,
    "text" TEXT NOT NULL,
    "text_count" INTEGER NOT NULL,
    "reply_to_id" UUID,
    "thread_root_id" UUID,
    "thread_replies" INTEGER NOT NULL DEFAULT 0,
    "mentions" UUID[] DEFAULT ARRAY[]::UUID[],
    "mentions_all" BOOLEAN NOT NULL DEFAULT false,
    "system" JSONB,
    "pinned_at" TIMESTAMPTZ(3),
    "edited_at" TIMESTAMPTZ(3),
    "deleted_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "messages_pkey" PRIMARY KEY ("conversation_id","seq")
);

-- CreateTable
CREATE TABLE "message_edits" (
    "message_id" UUID NOT NULL,
    "rev" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "edited_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "message_edits_pkey" PRIMARY KEY ("message_id","rev")
);

-- CreateTable
CREATE TABLE "message_search" (
    "message_id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "text" TEXT NOT NULL,
    "vector" tsvector,

    CONSTRAINT "message_search_pkey" PRIMARY KEY ("message_id")
);

-- CreateTable
CREATE TABLE "reactions" (
    "message_id" UUID NOT NULL,
    "emoji" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reactions_pkey" PRIMARY KEY ("message_id","emoji","user_id")
);

-- CreateTable
CREATE TABLE "mentions" (
    "user_id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,

    CONSTRAINT "mentions_pkey" PRIMARY KEY ("user_id","conversation_id","seq")
);

-- CreateTable
CREATE TABLE "attachments" (
    "id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "uploader_id" UUID NOT NULL,
    "message_id" UUID,
    "position" INTEGER NOT NULL DEFAULT 0,
    "file_name" TEXT NOT NULL,
    "content_type" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "sha256" TEXT,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "reason" TEXT,
    "width" INTEGER,
    "height" INTEGER,
    "duration_ms" INTEGER,
    "thumbnail" BOOLEAN NOT NULL DEFAULT false,
    "quarantine_key" TEXT NOT NULL,
    "object_key" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completed_at" TIMESTAMPTZ(3),

    CONSTRAINT "attachments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "conversation_id" UUID NOT NULL,
    "rev" INTEGER NOT NULL,
    "message_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "done_at" TIMESTAMPTZ(3),

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "push_subscriptions" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "endpoint" TEXT NOT NULL,
    "p256dh" TEXT NOT NULL,
    "auth" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "push_subscriptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_events" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor_id" UUID,
    "action" TEXT NOT NULL,
    "subject_id" TEXT,
    "ip" TEXT,
    "details" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_username_key" ON "users"("username");

-- CreateIndex
CREATE INDEX "users_display_name_id_idx" ON "users"("display_name", "id");

-- CreateIndex
CREATE INDEX "sessions_user_id_idx" ON "sessions"("user_id");

-- CreateIndex
CREATE INDEX "sessions_ended_at_idx" ON "sessions"("ended_at");

-- CreateIndex
CREATE UNIQUE INDEX "conversations_direct_key_key" ON "conversations"("direct_key");

-- CreateIndex
CREATE UNIQUE INDEX "conversations_created_by_client_conversation_id_key" ON "conversations"("created_by", "client_conversation_id");

-- CreateIndex
CREATE INDEX "members_conversation_id_user_id_idx" ON "members"("conversation_id", "user_id");

-- CreateIndex
CREATE INDEX "members_joined_at_idx" ON "members"("joined_at");

-- CreateIndex
CREATE INDEX "members_left_at_idx" ON "members"("left_at");

-- CreateIndex
CREATE UNIQUE INDEX "messages_id_key" ON "messages"("id");

-- CreateIndex
CREATE UNIQUE INDEX "messages_conversation_id_rev_key" ON "messages"("conversation_id", "rev");

-- CreateIndex
CREATE UNIQUE INDEX "messages_client_message_id_sender_id_conversation_id_key" ON "messages"("client_message_id", "sender_id", "conversation_id");

-- CreateIndex
CREATE INDEX "message_search_vector_idx" ON "message_search" USING GIN ("vector");

-- CreateIndex
CREATE INDEX "attachments_message_id_idx" ON "attachments"("message_id");

-- CreateIndex
CREATE INDEX "attachments_status_created_at_idx" ON "attachments"("status", "created_at");

-- CreateIndex
CREATE INDEX "outbox_created_at_conversation_id_rev_idx" ON "outbox"("created_at", "conversation_id", "rev");

-- CreateIndex
CREATE UNIQUE INDEX "push_subscriptions_endpoint_key" ON "push_subscriptions"("endpoint");

-- CreateIndex
CREATE INDEX "push_subscriptions_user_id_idx" ON "push_subscriptions"("user_id");

-- CreateIndex
CREATE INDEX "audit_events_at_idx" ON "audit_events"("at");

-- CreateIndex
CREATE INDEX "audit_events_actor_id_at_idx" ON "audit_events"("actor_id", "at");

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "members" ADD CONSTRAINT "members_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "members" ADD CONSTRAINT "members_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "push_subscriptions" ADD CONSTRAINT "push_subscriptions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;



-- ---- What Prisma can not express ------------------------------------------------------------------------------------

-- The history that this database tells begins here.
INSERT INTO "epoch" ("value") VALUES (gen_random_uuid()::text);
ALTER TABLE "epoch" ADD CONSTRAINT "epoch_one_row" CHECK ("id" = 1);

ALTER TABLE "users"
  ADD CONSTRAINT "users_username_lower" CHECK ("username" = lower("username")),
  ADD CONSTRAINT "users_kind" CHECK ("kind" IN ('person', 'bot', 'deleted')),
  ADD CONSTRAINT "users_role" CHECK ("role" IN ('member', 'admin'));

ALTER TABLE "sessions"
  ADD CONSTRAINT "sessions_end" CHECK (("ended_at" IS NULL) = ("end_reason" IS NULL)),
  ADD CONSTRAINT "sessions_end_reason" CHECK ("end_reason" IN ('expired', 'revoked', 'logout'));

ALTER TABLE "conversations"
  ADD CONSTRAINT "conversations_kind" CHECK ("kind" IN ('direct', 'group', 'channel')),
  ADD CONSTRAINT "conversations_visibility" CHECK ("visibility" IN ('private', 'public')),
  ADD CONSTRAINT "conversations_direct" CHECK (("kind" = 'direct') = ("direct_key" IS NOT NULL)),
  ADD CONSTRAINT "conversations_counters" CHECK (
    0 <= "text_count" AND "text_count" <= "last_seq" AND "last_seq" <= "last_rev" AND 0 <= "member_count");

ALTER TABLE "members"
  ADD CONSTRAINT "members_role" CHECK ("role" IN ('owner', 'admin', 'member')),
  ADD CONSTRAINT "members_notify" CHECK ("notify" IN ('all', 'mentions', 'none')),
  ADD CONSTRAINT "members_left" CHECK (("left_at" IS NULL) = ("left_rev" IS NULL)),
  ADD CONSTRAINT "members_pointers" CHECK (
    0 <= "read_text_count" AND "read_text_count" <= "read_seq" AND 0 <= "delivered_seq");

ALTER TABLE "messages"
  ADD CONSTRAINT "messages_kind" CHECK ("kind" IN ('text', 'system')),
  ADD CONSTRAINT "messages_system" CHECK (("kind" = 'system') = ("system" IS NOT NULL)),
  ADD CONSTRAINT "messages_numbers" CHECK ("seq" >= 1 AND "rev" >= "seq" AND 0 <= "text_count" AND "text_count" <= "seq");

ALTER TABLE "attachments"
  ADD CONSTRAINT "attachments_status" CHECK ("status" IN ('pending', 'processing', 'ready', 'rejected')),
  ADD CONSTRAINT "attachments_size" CHECK ("size" >= 1);

-- Client ids are compared exactly, and usernames as bytes: no locale has a say in what is equal.
-- The unique index of client ids begins with the client id. An index that begins with the conversation would let the
-- planner look a client id up by conversation on a table it takes for small, and walk the whole conversation for
-- every send (measured: 5 to 10 times slower, until the next ANALYZE). The set of keys is the same either way.
ALTER TABLE "messages" ALTER COLUMN "client_message_id" TYPE TEXT COLLATE "C";
ALTER TABLE "conversations" ALTER COLUMN "client_conversation_id" TYPE TEXT COLLATE "C";
ALTER TABLE "users" ALTER COLUMN "username" TYPE TEXT COLLATE "C";

ALTER TABLE "message_search" DROP COLUMN "vector";
ALTER TABLE "message_search"
  ADD COLUMN "vector" tsvector GENERATED ALWAYS AS (to_tsvector('simple', "text")) STORED;
CREATE INDEX "message_search_vector_idx" ON "message_search" USING GIN ("vector");

-- A thread's page, the pins, and what mentions everybody: a small part of the messages each.
CREATE INDEX "messages_thread" ON "messages" ("thread_root_id", "seq") WHERE "thread_root_id" IS NOT NULL;
CREATE INDEX "messages_pins" ON "messages" ("conversation_id", "seq") WHERE "pinned_at" IS NOT NULL;
CREATE INDEX "messages_mention_all" ON "messages" ("conversation_id", "seq") WHERE "mentions_all";
-- What the relay has still to hand to the jobs.
CREATE INDEX "outbox_open" ON "outbox" ("id") WHERE "done_at" IS NULL;

-- Every send updates the conversation's row and its sender's: room on the page keeps these updates HOT.
-- Members are updated less often; messages only when they are edited or reacted to.
ALTER TABLE "conversations" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE "members" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE "messages" SET (fillfactor = 90, autovacuum_vacuum_insert_scale_factor = 0.02,
  autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE "outbox" SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
  autovacuum_vacuum_cost_delay = 0);
