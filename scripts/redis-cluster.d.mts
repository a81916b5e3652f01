/** Types of the part that TypeScript uses. */
export interface RedisClusterForTests {
  readonly nodes: readonly { readonly url: string; kill: () => Promise<void> }[];
  readonly urls: readonly string[];
  stop: () => Promise<unknown>;
}
export function startRedisCluster(dataDir: string, count?: number): Promise<RedisClusterForTests>;
