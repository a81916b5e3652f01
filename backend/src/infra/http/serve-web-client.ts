import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { API_PREFIX, SOCKET_PATH } from '@parley/protocol';
import { resolve, sep } from 'node:path';

/** Vite names these by their content, so they never change under one name. */
const HASHED_FOLDER = `${sep}assets${sep}`;
const HASHED_CACHE = 'public, max-age=31536000, immutable';
/** The page names the assets of its build and must be asked for anew. */
const PAGE_CACHE = 'no-cache';

const NEVER_PAGES = [API_PREFIX, SOCKET_PATH, '/health', '/metrics'];

/**
 * Serves the built web client. A path without a file extension is a page of the client, which routes by itself;
 * everything else that is not there is a 404 with the error object.
 */
export async function serveWebClient(fastify: FastifyInstance, webRoot: string): Promise<void> {
  await fastify.register(fastifyStatic, {
    root: resolve(webRoot),
    serve: false,
    cacheControl: false,
    setHeaders(reply, path) {
      void reply.header('Cache-Control', path.includes(HASHED_FOLDER) ? HASHED_CACHE : PAGE_CACHE);
    },
  });
  fastify.get('/*', (request, reply) => {
    const path = decodeURIComponent(request.url.split('?', 1)[0] ?? '/');
    if (NEVER_PAGES.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))) {
      reply.callNotFound();
      return;
    }
    const isPage = !/\.[a-z0-9]+$/i.test(path);
    void reply.sendFile(isPage ? 'index.html' : path.slice(1));
  });
}
