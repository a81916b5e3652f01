/**
 * How Node runs a server of Parley, here and in the image: `backend/Dockerfile` repeats it, and server-flags.test.mjs holds
 * the two together. One thread collects garbage beside the one that serves. With four, as Node has it, they took the
 * server's own core away for half a second each time: of ten thousand people one delivery in a hundred took 0.7 s.
 */
export const SERVER_FLAGS = ['--enable-source-maps', '--v8-pool-size=1'];
