/** Where the real services of a test run are; `scripts/test.mjs` or the global setup starts them. */
export interface TestServices {
  /** Superuser of a PostgreSQL server on which databases may be made and dropped. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly s3Endpoint: string;
}

export function testServices(): TestServices {
  return {
    databaseUrl: required('PARLEY_TEST_DATABASE_URL'),
    redisUrl: required('PARLEY_TEST_REDIS_URL'),
    s3Endpoint: required('PARLEY_TEST_S3_ENDPOINT'),
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: the test services are not running`);
  return value;
}
