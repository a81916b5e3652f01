-- When a person last changed a setting of their side. `updated_at` moves with the pointers too, many times as often:
-- while the bus is down, only what changed is told anew. Not indexed, so that updates of members stay HOT.
ALTER TABLE "members" ADD COLUMN "settings_at" TIMESTAMPTZ(3);
