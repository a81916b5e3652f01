/** Types of the part that TypeScript uses. */
export interface ProxyOptions {
  dataDir: string;
  port: number;
  logFile: string;
  /** address:port each. */
  backends: readonly string[];
  s3Url: string;
  /** Over those of this machine; nginx.conf says which there are. */
  values?: Readonly<Record<string, string>>;
}
export interface StartableProxy {
  readonly url: string;
  start: () => Promise<number>;
  terminate: () => Promise<unknown>;
  /** Renders the template for these instances and reloads. */
  reload: (backends?: readonly string[]) => void;
}
export function makeProxy(options: ProxyOptions): StartableProxy;
