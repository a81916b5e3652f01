import 'reflect-metadata';
import { createApp } from './create-app.js';
import { runProcess } from './run-process.js';

await runProcess('The API', createApp, (config) => config.http.port);
