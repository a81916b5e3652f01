/** The OpenAPI 3.1 document, from the route table. */
import { ERROR_STATUS, type ErrorCode } from '../errors.js';
import { API_PREFIX } from '../names.js';
import { routes, type InputClass, type Route } from '../routes.js';
import { COMMON_ERRORS, SESSION_ERRORS, inputSchema, shapeSchemas, type JsonSchema } from './schemas.js';

const component = (shape: string) => ({ $ref: `#/components/schemas/${shape}` });

function parameters(place: 'path' | 'query', input: InputClass | undefined): JsonSchema[] {
  if (!input) return [];
  const schema = inputSchema(input);
  const required = (schema['required'] ?? []) as string[];
  return Object.entries(schema['properties'] as Record<string, JsonSchema>).map(([name, field]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: field,
    ...(field['type'] === 'array' ? { style: 'form', explode: false } : {}),
  }));
}

function errorAnswers(route: Route): Record<string, JsonSchema> {
  const codes: ErrorCode[] = [
    ...COMMON_ERRORS,
    ...(route.access === 'open' ? [] : SESSION_ERRORS),
    ...(route.access === 'admin' ? (['FORBIDDEN'] as const) : []),
    ...(route.body ? (['UNSUPPORTED_TYPE'] as const) : []),
    ...route.errors,
  ];
  // The cookie and the credentials are judged by these two, though nobody is signed in yet.
  if (route.access === 'open' && route.at !== 'root') codes.push(...SESSION_ERRORS);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) {
    byStatus.set(ERROR_STATUS[code], [...(byStatus.get(ERROR_STATUS[code]) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => !route.status.includes(status))
      .map(([status, ofStatus]) => [
        String(status),
        {
          description: ofStatus.join(', '),
          content: { 'application/json': { schema: component('ErrorAnswer') } },
        },
      ]),
  );
}

function operation(name: string, route: Route): JsonSchema {
  const content =
    route.answer.shape === 'Nothing'
      ? {}
      : { content: { 'application/json': { schema: component(route.answer.shape) } } };
  return {
    operationId: name.replace(/[^A-Za-z]+(.)?/g, (_all, next: string | undefined) =>
      (next ?? '').toUpperCase(),
    ),
    summary: route.summary,
    tags: [name.split('/')[1]],
    security: route.access === 'open' ? [] : [{ accessToken: [] }],
    parameters: [...parameters('path', route.params), ...parameters('query', route.query)],
    ...(route.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: inputSchema(route.body) } },
          },
        }
      : {}),
    responses: {
      ...Object.fromEntries(
        route.status.map((status) => [String(status), { description: route.summary, ...content }]),
      ),
      ...errorAnswers(route),
    },
  };
}

export function openApiDocument(version: string): JsonSchema {
  const paths: Record<string, JsonSchema> = {};
  for (const [name, definition] of Object.entries(routes)) {
    const route: Route = definition;
    if (route.planned) continue;
    const [method = '', template = ''] = name.split(' ');
    const path = (route.at === 'root' ? '' : API_PREFIX) + template.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(name, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Parley', version, license: { name: 'MIT', identifier: 'MIT' } },
    paths,
    components: {
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: shapeSchemas([
        'ErrorAnswer',
        ...Object.values<Route>(routes)
          .filter(({ planned }) => !planned)
          .map(({ answer }) => answer.shape),
      ]),
    },
  };
}
