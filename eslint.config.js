// What a reviewer would otherwise have to say again and again. The import directions are those of docs/architecture.md;
// scripts/lint-boundaries.test.mjs holds that the rules bite.
import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import tseslint from 'typescript-eslint';

const root = import.meta.dirname;

/** Every program that holds a linted file; a test file belongs to one of the last. */
const programs = [
  'protocol/tsconfig.json',
  'client/tsconfig.json',
  'backend/tsconfig.json',
  'frontend/tsconfig.json',
  'verification/tsconfig.json',
  'bench/tsconfig.json',
  'e2e/tsconfig.json',
  'backend/bench/tsconfig.json',
  'backend/test/tsconfig.json',
  'tsconfig.tests.json',
].filter((path) => existsSync(join(root, path)));

// ---- Who may import whom

/** A layer of the backend and what it may import beside itself. A feature never imports one further to the right of its row. */
const features = {
  users: [],
  auth: ['users'],
  conversations: ['users', 'auth'],
  presence: ['users', 'auth', 'conversations'],
  files: ['users', 'auth', 'conversations'],
  messaging: ['users', 'auth', 'conversations', 'presence', 'files'],
  search: ['users', 'auth', 'conversations', 'presence', 'files', 'messaging'],
  notifications: ['users', 'auth', 'conversations', 'presence', 'files', 'messaging'],
  health: [],
  monitoring: [],
};
const backendLayers = {
  config: [],
  infra: ['config'],
  realtime: ['infra', 'config'],
  ...Object.fromEntries(
    Object.entries(features).map(([name, lower]) => [name, [...lower, 'realtime', 'infra', 'config']]),
  ),
};
/** Single files above all layers; they import what they like, and nothing imports them. */
const entryPoints = [
  ...['main', 'worker', 'run-process', 'create-app', 'app.module', 'worker.module'].map(
    (name) => `backend/src/${name}.ts`,
  ),
  'frontend/src/main.tsx',
];

const elements = [
  ...Object.keys(backendLayers).map((name) => ({
    type: `backend-${name}`,
    pattern: `backend/src/${name}/**`,
    partialMatch: false,
  })),
  { type: 'backend-generated', pattern: 'backend/src/generated/**', partialMatch: false },
  { type: 'backend-test', pattern: 'backend/test/**', partialMatch: false },
  { type: 'frontend-lib', pattern: 'frontend/src/lib/**', partialMatch: false },
  { type: 'frontend-components', pattern: 'frontend/src/components/**', partialMatch: false },
  {
    type: 'frontend-feature',
    pattern: 'frontend/src/features/*/**',
    partialMatch: false,
    capture: ['feature'],
  },
  { type: 'frontend-app', pattern: 'frontend/src/app/**', partialMatch: false },
  { type: 'protocol', pattern: 'protocol/src/**', partialMatch: false },
  { type: 'client', pattern: 'client/src/**', partialMatch: false },
  { type: 'verification', pattern: 'verification/src/**', partialMatch: false },
  { type: 'bench', pattern: 'bench/src/**', partialMatch: false },
];

const allow = (from, to) => ({
  from: { element: { type: from } },
  allow: { to: { element: { types: { anyOf: to } } } },
});
const policies = [
  { from: { file: { categories: 'entry' } }, allow: { to: { element: { isUnknown: false } } } },
  // A file outside of all elements is a package or a tool's own; other rules speak about those.
  { allow: { to: { element: { isUnknown: true } } } },
  ...Object.entries(backendLayers).map(([name, lower]) =>
    allow(
      `backend-${name}`,
      [name, ...lower].map((layer) => `backend-${layer}`),
    ),
  ),
  // The generated database client: its further limits are in `restrictedImports`.
  ...Object.keys(backendLayers).map((name) => allow(`backend-${name}`, ['backend-generated'])),
  allow('backend-generated', ['backend-generated']),
  allow('backend-test', [
    ...Object.keys(backendLayers).map((name) => `backend-${name}`),
    'backend-test',
    'backend-generated',
  ]),
  allow('frontend-lib', ['frontend-lib']),
  allow('frontend-components', ['frontend-lib', 'frontend-components']),
  allow('frontend-feature', ['frontend-lib', 'frontend-components']),
  {
    from: { element: { type: 'frontend-feature' } },
    allow: {
      to: {
        element: {
          type: 'frontend-feature',
          captured: { feature: '{{ from.element.captured.feature }}' },
        },
      },
    },
  },
  allow('frontend-app', ['frontend-lib', 'frontend-components', 'frontend-feature', 'frontend-app']),
  allow('protocol', ['protocol']),
  allow('client', ['client', 'protocol']),
  allow('verification', ['verification', 'client', 'protocol']),
  // It drives the product over the wire, and shares no code with what it measures.
  allow('bench', ['bench', 'protocol']),
  {
    from: {
      element: {
        types: { anyOf: elements.map(({ type }) => type).filter((type) => type !== 'backend-test') },
      },
    },
    disallow: { to: { file: { categories: 'entry' } } },
  },
];

// ---- Packages and globals that have one home

const infraOnly = {
  group: ['ioredis', 'bullmq', '@aws-sdk/*', 'pg', 'rate-limiter-flexible', 'prom-client', 'winston'],
  message: 'Only backend/src/infra talks to services; inject what it offers.',
};
const generatedOnly = {
  group: ['**/generated/**'],
  message: 'Only infra/database and *.store.ts know the database client.',
};
const realtimeOnly = {
  group: ['socket.io', '@socket.io/*', '@nestjs/websockets', '@nestjs/platform-socket.io'],
  message: 'Only backend/src/realtime knows Socket.IO; publish through its Publisher.',
};
const noForwardRef = {
  name: '@nestjs/common',
  importNames: ['forwardRef'],
  message: 'A circle of modules is a direction to mend.',
};
const restrictedImports = (...patterns) => ({
  'no-restricted-imports': ['error', { paths: [noForwardRef], patterns }],
});

const unsafeSql = {
  selector: 'MemberExpression[property.name=/^\\$(queryRawUnsafe|executeRawUnsafe)$/]',
  message: 'Text and values go to the database apart: Database.query, or $queryRaw with a template.',
};
const socketEmit = {
  selector:
    "CallExpression[callee.property.name='emit'][callee.object.name=/^(io|server|socket|sockets|namespace|room)$/]",
  message: 'Only backend/src/realtime emits; publish through its Publisher.',
};
const processEnv = {
  object: 'process',
  property: 'env',
  message: 'Only backend/src/config reads the environment; inject Config.',
};

export default defineConfig(
  globalIgnores([
    '**/dist/',
    '**/node_modules/',
    '.data/',
    '.tools/',
    '.cache/',
    'backend/src/generated/',
    '**/test-results/',
    '**/playwright-report/',
    '**/reports/',
    '**/coverage/',
  ]),
  // A rule that must yield somewhere yields here, where a reviewer sees it.
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },

  js.configs.recommended,
  // The value before a `try` says what holds where it fails.
  { rules: { 'no-useless-assignment': 'off' } },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: globals.node },
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }] },
  },
  { files: ['frontend/public/**/*.js'], languageOptions: { globals: globals.browser } },
  // k6 runs it, with globals and modules of its own.
  {
    files: ['load-test.js', 'load-test/**/*.js'],
    languageOptions: { globals: { ...globals.es2021, __ENV: 'readonly' } },
  },

  {
    files: ['**/*.{ts,tsx,mts}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: programs, tsconfigRootDir: root } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      // A Nest module or an input class may be all decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // `0 === false` aside, `||` for an empty text is what is meant at times.
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Nest, winston and sockets take plain objects where their types name a class.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A type alias of an object is fine where it is one of a union's parts.
      '@typescript-eslint/consistent-type-definitions': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // It takes for constant what another task changes during an await, and no line may be exempted.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Its remedy is the assertion that no-non-null-assertion refuses.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // Mapped types with an index signature are read easily enough.
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      // Deprecated does not mean replaced: Safari tells a composing key by keyCode alone.
      '@typescript-eslint/no-deprecated': 'off',
    },
  },
  {
    files: [
      '{protocol,client,backend,frontend,verification,bench}/src/**/*.{ts,tsx}',
      'backend/test/**/*.ts',
    ],
    plugins: { boundaries, 'import-x': importX },
    settings: {
      'import-x/resolver-next': [
        createTypeScriptImportResolver({ project: programs, noWarnOnMultipleProjects: true }),
      ],
      'import/resolver': { typescript: { project: programs, noWarnOnMultipleProjects: true } },
      'boundaries/elements': elements,
      'boundaries/files': [{ category: 'entry', pattern: entryPoints }],
    },
    rules: {
      'boundaries/dependencies': ['error', { default: 'disallow', policies }],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-default-export': 'error',
    },
  },

  // ---- protocol, client
  // U+0000 is what it looks for.
  { files: ['protocol/src/text.ts'], rules: { 'no-control-regex': 'off' } },
  {
    files: ['protocol/src/**/*.ts'],
    ignores: ['protocol/src/documents/**', '**/*.test.ts'],
    rules: restrictedImports({
      regex: '^(?!\\.{1,2}/|class-validator$)',
      message: 'The contract stands on class-validator alone: everybody imports it.',
    }),
  },
  {
    files: ['client/src/**/*.ts'],
    ignores: ['**/*.test.ts', 'client/src/testing/**'],
    rules: restrictedImports({
      regex: '^(?!\\.{1,2}/|@parley/protocol|socket\\.io-client$|node:)',
      message: 'The client is framework-free: protocol and socket.io-client alone.',
    }),
  },

  // ---- backend
  {
    files: ['backend/src/**/*.ts'],
    rules: {
      ...restrictedImports(infraOnly, generatedOnly, realtimeOnly),
      'no-restricted-properties': ['error', processEnv],
      'no-restricted-syntax': ['error', unsafeSql, socketEmit],
    },
  },
  { files: ['backend/src/**/*.store.ts'], rules: restrictedImports(infraOnly, realtimeOnly) },
  { files: ['backend/src/infra/**/*.ts'], rules: restrictedImports(generatedOnly, realtimeOnly) },
  { files: ['backend/src/infra/database/**/*.ts'], rules: restrictedImports(realtimeOnly) },
  {
    files: ['backend/src/realtime/**/*.ts'],
    rules: {
      ...restrictedImports(infraOnly, generatedOnly),
      'no-restricted-syntax': ['error', unsafeSql],
    },
  },
  { files: ['backend/src/config/**/*.ts'], rules: { 'no-restricted-properties': 'off' } },

  // What is thrown at a server in a test is not always an error.
  { files: ['backend/test/**/*.ts'], rules: { '@typescript-eslint/only-throw-error': 'off' } },

  // ---- frontend
  {
    files: ['frontend/src/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat['recommended-latest'], jsxA11y.flatConfigs.recommended],
    rules: restrictedImports({
      group: ['@parley/backend', '**/backend/**', 'socket.io-client'],
      message: 'The web client talks to the server through @parley/client alone.',
    }),
  },
  {
    files: ['frontend/src/**/*.{ts,tsx}'],
    rules: {
      // Both speak for the React compiler, which is not used: clocks and subscriptions set state in effects, and rightly.
      'react-hooks/set-state-in-effect': 'off',
      'react-hooks/incompatible-library': 'off',
      // Lists that arrow keys walk and code that scrolls take keys and the focus, and axe (in e2e/) asks for just that.
      'jsx-a11y/no-noninteractive-element-interactions': [
        'error',
        { handlers: ['onClick', 'onMouseDown', 'onMouseUp'] },
      ],
      'jsx-a11y/no-noninteractive-tabindex': ['error', { tags: ['pre'], roles: ['log', 'tabpanel'] }],
    },
  },
);
