import { API_PREFIX } from '@parley/protocol';
import { Controller, Get } from '@nestjs/common';
import { createRequire } from 'node:module';
import { PublicDocument } from '../infra/http/public-document.js';

// `require` reads JSON on every Node that is supported; import attributes still warn on Node 20.
const require = createRequire(import.meta.url);
const openapi = require('@parley/protocol/openapi.json') as object;
const asyncapi = require('@parley/protocol/asyncapi.json') as object;

/** The contract for machines, as generated from the protocol package of this build. */
@Controller()
export class DocumentsController {
  @Get(`${API_PREFIX}/openapi.json`)
  @PublicDocument()
  openapi(): object {
    return openapi;
  }

  @Get(`${API_PREFIX}/asyncapi.json`)
  @PublicDocument()
  asyncapi(): object {
    return asyncapi;
  }
}
