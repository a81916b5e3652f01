import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // `generate` works without a database; whatever needs one says so itself.
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
});
