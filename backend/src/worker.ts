import 'reflect-metadata';
import { createWorker } from './create-app.js';
import { runProcess } from './run-process.js';

await runProcess({
  what: 'The worker',
  create: createWorker,
  portOf: (config) => config.http.workerPort,
  isCrowded: false,
});
