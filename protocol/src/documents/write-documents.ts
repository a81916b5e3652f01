/** Writes dist/openapi.json and dist/asyncapi.json; run by the build, after tsc. */
import { readFileSync, writeFileSync } from 'node:fs';
import { asyncApiDocument } from './asyncapi.js';
import { openApiDocument } from './openapi.js';

const file = (name: string) => new URL(`../../${name}`, import.meta.url);

const { version } = JSON.parse(readFileSync(file('package.json'), 'utf8')) as { version: string };
writeFileSync(file('dist/openapi.json'), JSON.stringify(openApiDocument(version), null, 2));
writeFileSync(file('dist/asyncapi.json'), JSON.stringify(asyncApiDocument(version), null, 2));
