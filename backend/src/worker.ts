import 'reflect-metadata';
import { createWorker } from './create-app.js';
import { runProcess } from './run-process.js';

await runProcess('The worker', createWorker, (config) => config.http.workerPort);
