/** Types of the part that TypeScript uses. */
export interface TestServiceAddresses {
  databaseUrl: string;
  redisUrl: string;
  s3Endpoint: string;
  stop: () => Promise<void>;
}
export function startTestServices(): Promise<TestServiceAddresses>;
