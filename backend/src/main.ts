import 'reflect-metadata';
import { createApp } from './create-app.js';
import { runProcess } from './run-process.js';

await runProcess({
  what: 'The API',
  create: createApp,
  portOf: (config) => config.http.port,
  isCrowded: true,
});
